import type { SelfSignedTls } from '../../api/registry-tls.ts';
import { configMaps, secrets } from '../../kube/builtin-kinds.ts';
import { createAuthority, type Credentials } from '../../pki/authority.ts';
import {
  altNameOf,
  CertificateError,
  type CertificateFacts,
  checkCredentials,
} from '../../pki/inspection.ts';
import { issueLeaf } from '../../pki/leaf.ts';
import { renewalReason } from '../../pki/renewal.ts';
import { certificateNames } from '../../resources/certificate-names.ts';
import { caConfigMap } from '../../resources/config-maps.ts';
import { objectNames } from '../../resources/names.ts';
import { caSecret, secretText, servingSecret } from '../../resources/secrets.ts';
import { requireOwned } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';
import { ensureLeaf } from './leaf-secret.ts';

export interface ServingCertificate {
  readonly facts: CertificateFacts;
  /** The ConfigMap with the CA, when the CA is known. */
  readonly caName: string | undefined;
}

/** The certificate that the pods serve with, or undefined when TLS is disabled. */
export async function servingCertificate(context: StepContext): Promise<ServingCertificate | undefined> {
  const { tls } = context.registry.spec;
  if (tls.disabled) return undefined;
  if (tls.secretName !== undefined) return givenCertificate(context, tls.secretName);
  if (tls.selfSigned !== undefined) return issuedCertificate(context, tls.selfSigned);
  return undefined;
}

async function issuedCertificate(context: StepContext, own: SelfSignedTls): Promise<ServingCertificate> {
  const { registry, now } = context;
  const { name } = registry.metadata;
  const authority = await ownAuthority(context, own);
  const { dnsNames, ipAddresses } = certificateNames(registry);
  const names = [
    ...dnsNames.map((entry) => altNameOf('dns', entry)),
    ...ipAddresses.map((entry) => altNameOf('ip', entry)),
  ];
  const { keySize, validityDays } = own;
  const subject = { ...own.subject, commonName: registry.spec.hostname };
  const request = {
    authority,
    subject,
    usage: 'server',
    dnsNames,
    ipAddresses,
    keySize,
    validityDays,
    now,
  } as const;
  const secret = await ensureLeaf(context, {
    name: objectNames(name).tls,
    check: (live) => requireOwned(secrets.kind, live, registry),
    renewal: (certificate) => renewalReason({ certificate, authority: authority.certificate, names, now }),
    issue: async () => servingSecret(registry, await issueLeaf(request)),
  });
  const leaf = credentialsOf(secret);
  const facts = checkCredentials(leaf.certificate, leaf.privateKey, now);
  return { facts, caName: await publishCa(context, authority.certificate) };
}

/** The CA is made once: clients trust it. */
async function ownAuthority(context: StepContext, own: SelfSignedTls): Promise<Credentials> {
  const { registry, stores, applier, now } = context;
  const { name, namespace } = registry.metadata;
  const ref = { namespace, name: objectNames(name).ca };
  const secret = await applier.createOnce(secrets, stores.secrets, ref, async () => {
    const subject = { ...own.subject, commonName: `${registry.spec.hostname} CA` };
    const request = { subject, keySize: own.keySize, validityDays: own.validityDays * 2, now };
    return caSecret(registry, await createAuthority(request));
  });
  requireOwned(secrets.kind, secret, registry);
  const authority = credentialsOf(secret);
  try {
    checkCredentials(authority.certificate, authority.privateKey, now);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const message = `Secret ${ref.name} holds no usable CA: ${error.message}; delete it to have a new CA made`;
    throw new ProblemError(stalled('InvalidCA', message, 'certificate'));
  }
  return authority;
}

async function givenCertificate(context: StepContext, secretName: string): Promise<ServingCertificate> {
  const { registry, client, now } = context;
  const secret = await client.find(secrets, { namespace: registry.metadata.namespace, name: secretName });
  if (secret === undefined) {
    const message = `spec.tls.secretName: Secret ${secretName} does not exist; create it with tls.crt and tls.key`;
    throw new ProblemError(stalled('SecretMissing', message, 'certificate'));
  }
  const { certificate, privateKey } = credentialsOf(secret);
  const ca = secretText(secret, 'ca.crt');
  try {
    const facts = checkCredentials(certificate, privateKey, now);
    return { facts, caName: ca ? await publishCa(context, ca) : undefined };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const message = `spec.tls.secretName: in Secret ${secretName}, ${error.message}; put a matching, valid pair there`;
    throw new ProblemError(stalled('InvalidCertificate', message, 'certificate'));
  }
}

async function publishCa(context: StepContext, certificate: string): Promise<string> {
  const { registry, stores, applier } = context;
  const manifest = caConfigMap(registry, certificate);
  await applier.apply(configMaps, stores.configMaps, manifest, (live) =>
    requireOwned(configMaps.kind, live, registry),
  );
  return objectNames(registry.metadata.name).ca;
}

function credentialsOf(secret: Parameters<typeof secretText>[0]): Credentials {
  return {
    certificate: secretText(secret, 'tls.crt') ?? '',
    privateKey: secretText(secret, 'tls.key') ?? '',
  };
}
