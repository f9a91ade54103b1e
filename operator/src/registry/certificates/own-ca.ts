import type { OwnCaTls } from '../../api/registry-tls.ts';
import { secrets } from '../../kube/builtin-kinds.ts';
import { checkAuthority } from '../../pki/authority-check.ts';
import { CertificateError } from '../../pki/certificate-error.ts';
import type { Credentials, Issuer } from '../../pki/issuer.ts';
import { forbiddenNames } from '../../pki/name-constraints.ts';
import { refusalOf } from '../../pki/trial.ts';
import { type CertificateNames, certificateNames, serviceNames } from '../../resources/certificate-names.ts';
import { secretText } from '../../resources/secrets.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';
import { issuedCertificate } from './issued-certificate.ts';
import { credentialsOf } from './secret-credentials.ts';
import type { ServingCertificate } from './serving-certificate.ts';

/** A certificate from a CA of the user's. */
export async function ownCaCertificate(
  context: StepContext,
  settings: OwnCaTls,
): Promise<ServingCertificate> {
  const { registry, client, now } = context;
  const { secretName } = settings;
  const secret = await client.find(secrets, { namespace: registry.metadata.namespace, name: secretName });
  if (secret === undefined) {
    const message = `spec.tls.ca.secretName: Secret ${secretName} does not exist; create it with the tls.crt and tls.key of a CA`;
    throw new ProblemError(stalled('SecretMissing', message, 'certificate'));
  }
  const { certificate, privateKey } = credentialsOf(secret);
  try {
    const roots = secretText(secret, 'ca.crt');
    const below = settings.intermediate === undefined ? 0 : 1;
    const issuer = checkAuthority({ certificate, privateKey, roots, below, now });
    const names = permittedNames(context, issuer);
    const check = (issued: Credentials, by: Issuer): Promise<void> => tryOut(context, issued, by);
    return await issuedCertificate(context, { issuer, upcoming: [], settings, names, check });
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const message = `spec.tls.ca.secretName: in Secret ${secretName}, ${error.message}; put a CA there that certificates can be issued from`;
    throw new ProblemError(stalled('InvalidCA', message, 'certificate'));
  }
}

/** The wanted names; the Service's are left out where the CA may not vouch for them. */
function permittedNames({ registry }: StepContext, issuer: Issuer): CertificateNames {
  const names = certificateNames(registry);
  const authorities = [issuer.credentials.certificate, ...issuer.chain, ...issuer.roots];
  const forbidden = new Set(forbiddenNames(authorities, names));
  const own = new Set(serviceNames(registry));
  const denied = [...forbidden].filter((name) => !own.has(name) || name === registry.spec.hostname);
  if (denied.length > 0)
    throw new CertificateError(`the name constraints of the CA do not permit ${denied.join(', ')}`);
  return { ...names, dnsNames: names.dnsNames.filter((name) => !forbidden.has(name)) };
}

/** Whatever else a CA may forbid, a handshake brings to light. */
async function tryOut({ registry }: StepContext, credentials: Credentials, issuer: Issuer): Promise<void> {
  const { hostname } = registry.spec;
  const top = issuer.chain.at(-1) ?? issuer.credentials.certificate;
  const trusted = issuer.roots.length > 0 ? issuer.roots : [top];
  const words = await refusalOf({ credentials, trusted, hostname });
  if (words !== undefined)
    throw new CertificateError(`the CA issues certificates that clients refuse (${words})`);
}
