import type { IssuedTls } from '../../api/registry-tls.ts';
import { secrets } from '../../kube/builtin-kinds.ts';
import { createIntermediate } from '../../pki/authority.ts';
import type { Issuer } from '../../pki/issuer.ts';
import { renewalReason } from '../../pki/renewal.ts';
import { endOfChain } from '../../pki/validity.ts';
import { issuedBecauseAnnotation } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import { intermediateSecret } from '../../resources/secrets.ts';
import { requireOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';
import { ensureLeaf } from '../steps/leaf-secret.ts';
import { intermediateKey } from './key-choice.ts';
import { credentialsOf } from './secret-credentials.ts';

/** The CA in `NAME-intermediate-ca`, issued by `issuer`, as the issuer of the serving certificate. */
export async function intermediateIssuer(
  context: StepContext,
  issuer: Issuer,
  settings: IssuedTls,
): Promise<Issuer> {
  const { registry, now } = context;
  const wish = {
    key: intermediateKey(settings),
    subject: { ...settings.subject, commonName: `${registry.spec.hostname} intermediate CA` },
    validityDays: settings.intermediate?.validityDays ?? settings.validityDays,
    urls: settings,
  };
  const secret = await ensureLeaf(context, {
    name: objectNames(registry.metadata.name).intermediate,
    check: (live) => requireOwned(secrets.kind, live, registry),
    renewal: (certificate) =>
      renewalReason({
        certificate,
        authority: issuer.credentials.certificate,
        names: [],
        wish,
        latestEnd: endOfChain(issuer).getTime(),
        now,
      }),
    issue: async (reason) =>
      intermediateSecret(
        registry,
        await createIntermediate({ issuer, ...wish, now }),
        reason === undefined ? {} : { [issuedBecauseAnnotation]: reason },
      ),
  });
  const credentials = credentialsOf(secret);
  return { credentials, chain: [credentials.certificate, ...issuer.chain], roots: issuer.roots };
}
