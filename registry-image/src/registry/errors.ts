/** The error codes of the distribution protocol that this registry answers; statuses and messages are in http/errors.ts. */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'MANIFEST_UNVERIFIED'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNKNOWN'
  | 'UNSUPPORTED';

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
  constructor(problems: readonly [Problem, ...Problem[]], headers: Readonly<Record<string, string>> = {}) {
    super(problems.map((problem) => problem.message ?? problem.code).join('; '));
    this.name = 'RegistryError';
    this.problems = problems;
    this.headers = headers;
  }
}

export function registryError(code: ErrorCode, detail?: unknown, message?: string): RegistryError {
  return new RegistryError([{ code, detail, message }]);
}
