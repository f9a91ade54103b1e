import { ApiError, isNamespaceTerminating } from '../../kube/errors.ts';
import { type Problem, ProblemError, stalled, waiting } from '../problem.ts';

/** Bad requests and what RBAC, quota, admission or the CustomResourceDefinition refuse. */
const refusals = new Set([400, 403, 422]);

export function certManagerMissing(): Problem {
  const message =
    'spec.tls.certManager: this cluster has no cert-manager, for the API server knows no Certificate of cert-manager.io/v1; install it, or choose another source in spec.tls';
  return stalled('CertManagerMissing', message, 'certificate');
}

/** The problem behind an error of reading or applying a Certificate, or undefined when another try may overcome it. */
export function certificateProblemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return { ...error.problem, about: 'certificate' };
  const isTerminating: boolean = isNamespaceTerminating(error);
  if (!(error instanceof ApiError) || isTerminating) return undefined;
  if (refusals.has(error.code)) {
    const message = `spec.tls.certManager: the API server refused the Certificate: ${error.message}`;
    return stalled('CertificateRefused', message, 'certificate');
  }
  if (!error.message.includes('webhook')) return undefined;
  const message = `the webhook of cert-manager does not answer: ${error.message}`;
  return waiting('CertManagerUnavailable', message, { about: 'certificate', againMs: 5000 });
}
