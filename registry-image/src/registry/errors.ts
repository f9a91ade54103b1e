import type { ErrorCode } from './error-codes.ts';

/** One error of an answer; `message` replaces the code's usual one. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message?: string;
  readonly detail?: unknown;
}

/** A request that cannot be served for a reason that the protocol has a code for. */
export class RegistryError extends Error {
  readonly problems: readonly [Problem, ...Problem[]];
  /** Header fields that go with the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** The HTTP status when it is not the usual one of the first code. */
  readonly status: number | undefined;
  constructor(
    problems: readonly [Problem, ...Problem[]],
    headers: Readonly<Record<string, string>> = {},
    status?: number,
  ) {
    super(problems.map((problem) => problem.message ?? problem.code).join('; '));
    this.name = 'RegistryError';
    this.problems = problems;
    this.headers = headers;
    this.status = status;
  }
}

export function registryError(code: ErrorCode, detail?: unknown, message?: string): RegistryError {
  return new RegistryError([{ code, detail, message }]);
}
