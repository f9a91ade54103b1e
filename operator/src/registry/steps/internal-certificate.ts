import { secrets } from '../../kube/builtin-kinds.ts';
import { altNameOf } from '../../pki/inspection.ts';
import { renewalReason } from '../../pki/renewal.ts';
import { internalDomain, objectNames } from '../../resources/names.ts';
import { internalTlsSecret, secretText } from '../../resources/secrets.ts';
import { requireOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';
import { ensureLeaf } from './leaf-secret.ts';

/** `NAME-internal-tls`: the certificate of the state endpoint, for whatever pod of this Registry. */
export async function internalCertificate(context: StepContext): Promise<void> {
  const { registry, authority, now } = context;
  const { name, namespace } = registry.metadata;
  await authority.prepare();
  const wildcard = `*.${internalDomain(name, namespace)}`;
  const ca = authority.certificate();
  await ensureLeaf(context, {
    name: objectNames(name).internalTls,
    check: (live) => requireOwned(secrets.kind, live, registry),
    renewal: (certificate, secret) => {
      if (secretText(secret, 'ca.crt') !== ca) return 'it was not issued by the CA';
      return renewalReason({ certificate, authority: ca, names: [altNameOf('dns', wildcard)], now });
    },
    issue: async () => internalTlsSecret(registry, await authority.issue(`${name}-pods`, [wildcard]), ca),
  });
}
