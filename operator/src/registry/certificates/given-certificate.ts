import { secrets } from '../../kube/builtin-kinds.ts';
import { CertificateError } from '../../pki/certificate-error.ts';
import { checkCredentials, coversHostname } from '../../pki/inspection.ts';
import { secretText } from '../../resources/secrets.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';
import { foreignCertificate } from './foreign-certificate.ts';
import { credentialsOf } from './secret-credentials.ts';
import type { ServingCertificate } from './serving-certificate.ts';

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
  try {
    const facts = checkCredentials(certificate, privateKey, now);
    reportHostname(context, secretName, certificate);
    return await foreignCertificate(context, { facts, certificate, ca: secretText(secret, 'ca.crt') });
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const message = `spec.tls.secretName: in Secret ${secretName}, ${error.message}; put a matching, valid pair there`;
    throw new ProblemError(stalled('InvalidCertificate', message, 'certificate'));
  }
}

/** It is served all the same: clients may come by another name. */
function reportHostname({ registry, report }: StepContext, secretName: string, certificate: string): void {
  const { hostname } = registry.spec;
  if (coversHostname(certificate, hostname)) return;
  const message = `spec.tls.secretName: the certificate in Secret ${secretName} is not good for ${hostname}; put one there that names it, or change spec.hostname`;
  report(stalled('HostnameNotCovered', message, 'certificate'));
}
