import { type Problem, stalled, waiting } from '../problem.ts';
import {
  type CertManagerCondition,
  type Certificate,
  type CertificateRequest,
  revisionAnnotation,
} from './kinds.ts';

/** cert-manager tells by a watch when a Certificate is ready, but not how a request of it is going. */
const lookAgainMs = 5000;

/** Whether cert-manager says that the Secret holds what the Certificate, as it is now, asks for. */
export function isReady({ metadata, status }: Certificate): boolean {
  const ready = conditionOf(status?.conditions, 'Ready');
  return ready?.status === 'True' && (ready.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

/** What cert-manager says of a Certificate that is not ready, from it and from the requests of its namespace. */
export function verdictOf(certificate: Certificate, requests: readonly CertificateRequest[]): Problem {
  const request = newestOf(certificate, requests);
  if (request) return requestVerdict(certificate, request.status?.conditions ?? []);
  const failure = failureOf(certificate);
  if (failure !== undefined) return refusedBy(certificate, 'CertificateFailed', failure);
  return pending(certificate, conditionOf(certificate.status?.conditions, 'Ready')?.message);
}

function requestVerdict(certificate: Certificate, conditions: readonly CertManagerCondition[]): Problem {
  if (conditionOf(conditions, 'Denied')?.status === 'True')
    return refusedBy(certificate, 'CertificateDenied', 'the request was denied');
  const { reason, message = '' } = conditionOf(conditions, 'Ready') ?? {};
  if (reason === 'Failed') return refusedBy(certificate, 'CertificateFailed', message);
  // An issuer that is not there is Pending as well as one that takes its time.
  if (/\bnot found\b/i.test(message)) return refusedBy(certificate, 'IssuerMissing', message);
  return pending(certificate, message);
}

/** That cert-manager did not ask anew after a failure; it does so after an hour, or on a change. */
function failureOf({ status }: Certificate): string | undefined {
  const issuing = conditionOf(status?.conditions, 'Issuing');
  return issuing?.status === 'False' && issuing.reason === 'Failed' ? (issuing.message ?? '') : undefined;
}

function newestOf(
  { metadata }: Certificate,
  requests: readonly CertificateRequest[],
): CertificateRequest | undefined {
  return requests
    .filter((request) => request.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))
    .sort((a, b) => revisionOf(b) - revisionOf(a))
    .at(0);
}

function revisionOf({ metadata }: CertificateRequest): number {
  return Number(metadata.annotations?.[revisionAnnotation] ?? 0);
}

function refusedBy({ metadata, spec }: Certificate, reason: string, told: string): Problem {
  const { kind, name } = spec.issuerRef;
  const message = `spec.tls.certManager: ${kind} ${name} gives no certificate for Certificate ${metadata.name}; cert-manager says: ${told}`;
  return stalled(reason, message, 'certificate');
}

function pending({ metadata }: Certificate, told: string | undefined): Problem {
  const message = told
    ? `waiting for Certificate ${metadata.name}; cert-manager says: ${told}`
    : `waiting for Certificate ${metadata.name}; cert-manager has not answered yet, its controller may not run`;
  return waiting('CertificatePending', message, { about: 'certificate', againMs: lookAgainMs });
}

function conditionOf(
  conditions: readonly CertManagerCondition[] | undefined,
  type: string,
): CertManagerCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
