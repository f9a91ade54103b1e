import { type Problem, stalled } from '../problem.ts';
import { judgedProblemOf } from '../refusal.ts';

export function certManagerMissing(): Problem {
  const message =
    'spec.tls.certManager: this cluster has no cert-manager, for the API server knows no Certificate of cert-manager.io/v1; install it, or choose another source in spec.tls';
  return stalled('CertManagerMissing', message, 'certificate');
}

/** The problem behind an error of reading or applying a Certificate, or undefined when another try may overcome it. */
export function certificateProblemOf(error: unknown): Problem | undefined {
  return judgedProblemOf(error, {
    about: 'certificate',
    refused: ['CertificateRefused', 'spec.tls.certManager: the API server refused the Certificate'],
    unavailable: ['CertManagerUnavailable', 'the webhook of cert-manager does not answer'],
  });
}
