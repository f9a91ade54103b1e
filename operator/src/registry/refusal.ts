import { ApiError, isConflict, isNamespaceTerminating } from '../kube/errors.ts';
import { type Problem, ProblemError, stalled, waiting } from './problem.ts';

/** Bad request (a field of the wrong type), Forbidden (by RBAC, quota or admission) and Invalid. */
const refusals = new Set([400, 403, 422]);
/** How the API server tells in an apply, as an error of its own, of a field that it does not know, or that has the wrong type. */
const unfit = ['field not declared in schema', 'failed to create typed patch object'];
const unavailableMs = 5000;

/**
 * The problem behind an error of a step, or undefined when it is an accident that another try may overcome. What the API server says
 * of a Secret is left out, because it may quote it.
 */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (!(error instanceof ApiError) || isTerminating(error)) return undefined;
  const webhook = /failed calling webhook "([^"]+)"/.exec(error.message)?.[1];
  if (webhook !== undefined) {
    const message = `the webhook ${webhook} of this cluster does not answer, so the API server takes no change`;
    return waiting('WebhookUnavailable', message, { againMs: unavailableMs });
  }
  const isUnfit = unfit.some((words) => error.message.includes(words));
  const isDenied = /admission webhook "[^"]+" denied the request/.test(error.message);
  if (!refusals.has(error.code) && !isUnfit && !isDenied) return undefined;
  const { kind = '', name = '' } = error.details ?? {};
  // What a webhook says names no kind; the request does.
  const isSecret = kind.toLowerCase().startsWith('secret') || /\/secrets\b/.test(error.message);
  const told = isSecret ? `Secret ${name} (${error.reason})` : error.message;
  return stalled('Refused', `the API server refused ${told}`);
}

function isTerminating(error: unknown): boolean {
  return isNamespaceTerminating(error);
}

/** How refusals of one kind of object are told. */
export interface RefusalWords {
  readonly about: 'certificate' | 'exposure';
  /** Reason and beginning of the sentence when the API server, or a webhook, refuses the object. */
  readonly refused: readonly [reason: string, sentence: string];
  /** The same when a webhook does not answer. */
  readonly unavailable: readonly [reason: string, sentence: string];
}

/** Like `problemOf`, for objects that hold nothing secret, and that webhooks of others judge: these often refuse as a bad request. */
export function judgedProblemOf(error: unknown, words: RefusalWords): Problem | undefined {
  const { about, refused, unavailable } = words;
  if (error instanceof ProblemError) return { ...error.problem, about };
  const mayPass: boolean = isTerminating(error) || isConflict(error);
  if (!(error instanceof ApiError) || mayPass) return undefined;
  const told = ([reason, sentence]: readonly [string, string]): [string, string] => [
    reason,
    `${sentence}: ${error.message}`,
  ];
  if (error.code === 400 || refusals.has(error.code)) return stalled(...told(refused), about);
  if (!error.message.includes('webhook')) return undefined;
  return waiting(...told(unavailable), { about, againMs: unavailableMs });
}
