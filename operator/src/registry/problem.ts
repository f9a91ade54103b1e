/** Something that keeps a Registry from being what its spec says. */
export interface Problem {
  /** CamelCase. */
  readonly reason: string;
  /** One sentence that names the field or object and the fix; it holds no secret. */
  readonly message: string;
  /** Only a person can solve it; otherwise time will. */
  readonly stalled: boolean;
  readonly about?: 'certificate' | 'schedule' | 'sharing' | 'storage' | 'exposure';
  /** It keeps nobody from using the registry. */
  readonly serves?: boolean;
  /** Milliseconds until it is worth looking again at what solves itself; 1000 when left out. */
  readonly againMs?: number;
}

/** Ends a step with a problem; later steps go on. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** A problem that a person has to solve. */
export function stalled(reason: string, message: string, about?: 'certificate' | 'exposure'): Problem {
  return { reason, message, stalled: true, ...(about ? { about } : {}) };
}

/** A problem that solves itself. */
export function waiting(
  reason: string,
  message: string,
  more: Pick<Problem, 'about' | 'againMs'> = {},
): Problem {
  return { reason, message, stalled: false, ...more };
}
