import { secrets } from '../../kube/builtin-kinds.ts';
import { certificatesIn, isSelfSigned, pemFingerprint } from '../../pki/bundle.ts';
import { CertificateError } from '../../pki/certificate-error.ts';
import { certificateFacts, checkCredentials, coversHostname } from '../../pki/inspection.ts';
import { objectNames } from '../../resources/names.ts';
import { secretText } from '../../resources/secrets.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';
import { nextTrustChange } from '../../pki/trust.ts';
import { phaseOf } from './authority-facts.ts';
import { credentialsOf } from './secret-credentials.ts';
import type { AuthorityFacts, ServingCertificate } from './serving-certificate.ts';
import { overlapMs, publishTrust } from './trust-bundle.ts';

/** The certificate in a Secret of the user's, as it is. */
export async function givenCertificate(
  context: StepContext,
  secretName: string,
): Promise<ServingCertificate> {
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
    const chain = certificatesIn(certificate, 'tls.crt');
    const roots = ca?.trim() ? certificatesIn(ca, 'ca.crt') : [];
    reportHostname(context, secretName, certificate);
    if (roots.length === 0) return { facts, caName: undefined };
    const authority = await published(context, chain, roots);
    const caName = objectNames(registry.metadata.name).ca;
    return { facts, caName, authority, nextChange: authority.phaseEnds };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const message = `spec.tls.secretName: in Secret ${secretName}, ${error.message}; put a matching, valid pair there`;
    throw new ProblemError(stalled('InvalidCertificate', message, 'certificate'));
  }
}

async function published(
  context: StepContext,
  chain: readonly string[],
  roots: readonly string[],
): Promise<AuthorityFacts> {
  const cas = await publishTrust(context, { wanted: roots, served: chain });
  const above = [...chain.slice(1), ...roots.filter(isSelfSigned), ...roots.slice(0, 1)];
  const overlap = overlapMs(context.registry);
  const phase = phaseOf(cas, []);
  return {
    notAfter: Math.min(...above.map((pem) => certificateFacts(pem).notAfter)),
    fingerprint: pemFingerprint(roots[0] ?? ''),
    phase,
    phaseEnds: phase === 'Stable' ? undefined : nextTrustChange(cas, overlap),
  };
}

/** It is served all the same: clients may come by another name. */
function reportHostname({ registry, report }: StepContext, secretName: string, certificate: string): void {
  const { hostname } = registry.spec;
  if (coversHostname(certificate, hostname)) return;
  const message = `spec.tls.secretName: the certificate in Secret ${secretName} is not good for ${hostname}; put one there that names it, or change spec.hostname`;
  report(stalled('HostnameNotCovered', message, 'certificate'));
}
