import { certManagerCertificate } from '../certificates/cert-manager.ts';
import { givenCertificate } from '../certificates/given-certificate.ts';
import { ownCaCertificate } from '../certificates/own-ca.ts';
import { selfSignedCertificate } from '../certificates/self-signed.ts';
import type { ServingCertificate } from '../certificates/serving-certificate.ts';
import type { StepContext } from '../step.ts';

/** The certificate that the pods serve with, or undefined when TLS is disabled. */
export async function servingCertificate(context: StepContext): Promise<ServingCertificate | undefined> {
  const { tls } = context.registry.spec;
  if (tls.secretName !== undefined) return givenCertificate(context, tls.secretName);
  if (tls.certManager !== undefined) return certManagerCertificate(context, tls.certManager);
  if (tls.ca !== undefined) return ownCaCertificate(context, tls.ca);
  if (tls.selfSigned !== undefined) return selfSignedCertificate(context, tls.selfSigned);
  return undefined;
}
