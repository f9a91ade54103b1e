import { ApiError, isNamespaceTerminating } from '../kube/errors.ts';
import { type Problem, ProblemError, stalled } from './problem.ts';

/** Bad request (a field of the wrong type), Forbidden (by RBAC, quota or admission) and Invalid. */
const refusals = new Set([400, 403, 422]);
/** How the API server tells in an apply, as an error of its own, of a field that it does not know, or that has the wrong type. */
const unfit = ['field not declared in schema', 'failed to create typed patch object'];

/**
 * The problem behind an error of a step, or undefined when it is an accident that another try may overcome. What the API server says
 * of a Secret is left out, because it may quote it.
 */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (!(error instanceof ApiError) || isTerminating(error)) return undefined;
  const isUnfit = unfit.some((words) => error.message.includes(words));
  if (!refusals.has(error.code) && !isUnfit) return undefined;
  const isSecret = error.details?.kind?.toLowerCase().startsWith('secret') === true;
  const told = isSecret ? `Secret ${error.details?.name ?? ''} (${error.reason})` : error.message;
  return stalled('Refused', `the API server refused ${told}`);
}

function isTerminating(error: unknown): boolean {
  return isNamespaceTerminating(error);
}
