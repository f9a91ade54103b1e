import type { V1Secret } from '@kubernetes/client-node';
import type { Manifest } from '../../resources/manifest.ts';
import { type Secret, secrets } from '../../kube/builtin-kinds.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { CertificateError } from '../../pki/certificate-error.ts';
import { checkCredentials } from '../../pki/inspection.ts';
import { secretText } from '../../resources/secrets.ts';
import { fieldManager } from '../kind.ts';
import type { StepContext } from '../step.ts';

export interface LeafSecret {
  readonly name: string;
  /** Throws when the Secret that is there must not be touched. */
  readonly check: (live: KubeObject) => void;
  /** Why a certificate that is there is to be replaced, or undefined. */
  readonly renewal: (certificate: string, secret: Secret) => string | undefined;
  /** `reason` tells why the certificate that was there is replaced; undefined: there was none. */
  readonly issue: (reason: string | undefined) => Promise<Manifest<V1Secret>>;
}

/** The Secret with a certificate that is good for now: the one that is there as long as nothing speaks against it. */
export async function ensureLeaf(context: StepContext, leaf: LeafSecret): Promise<Secret> {
  const { client, stores, applier, registry } = context;
  const ref = { namespace: registry.metadata.namespace, name: leaf.name };
  const known = await applier.createOnce(secrets, stores.secrets, ref, () => leaf.issue(undefined));
  leaf.check(known);
  if (replacementReason(context, leaf, known) === undefined) return known;
  // The cache may be behind our own last write.
  const live = await client.get(secrets, ref);
  leaf.check(live);
  const reason = replacementReason(context, leaf, live);
  if (reason === undefined) return live;
  const manifest = await leaf.issue(reason);
  const { uid } = live.metadata;
  return client.apply(
    secrets,
    { ...manifest, metadata: { ...manifest.metadata, ...(uid ? { uid } : {}) } },
    { fieldManager },
  );
}

function replacementReason(context: StepContext, leaf: LeafSecret, secret: Secret): string | undefined {
  const certificate = secretText(secret, 'tls.crt') ?? '';
  try {
    checkCredentials(certificate, secretText(secret, 'tls.key') ?? '', context.now);
  } catch (error) {
    if (error instanceof CertificateError) return error.message;
    throw error;
  }
  return leaf.renewal(certificate, secret);
}
