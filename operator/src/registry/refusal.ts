import { ApiError, isNamespaceTerminating } from '../kube/errors.ts';
import { type Problem, ProblemError, stalled } from './problem.ts';

/** Forbidden (by RBAC, quota or admission) and Invalid. */
const refusals = new Set([403, 422]);

/**
 * The problem behind an error of a step, or undefined when it is an accident that another try may overcome. What the API server says
 * of a Secret is left out, because it may quote it.
 */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (!(error instanceof ApiError) || isTerminating(error)) return undefined;
  // A field that the API server does not know, which it tells as an error of its own.
  const isUnknown = error.message.includes('field not declared in schema');
  if (!refusals.has(error.code) && !isUnknown) return undefined;
  const isSecret = error.details?.kind?.toLowerCase().startsWith('secret') === true;
  const told = isSecret ? `Secret ${error.details?.name ?? ''} (${error.reason})` : error.message;
  return stalled('Refused', `the API server refused ${told}`);
}

function isTerminating(error: unknown): boolean {
  return isNamespaceTerminating(error);
}
