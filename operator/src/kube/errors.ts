/** The API server's `Status` object, as far as it is used here. */
export interface Status {
  code?: number;
  reason?: string;
  message?: string;
  details?: StatusDetails;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  retryAfterSeconds?: number;
  causes?: { reason?: string; message?: string; field?: string }[];
}

/** A refusal by the API server, from an HTTP answer or from an ERROR event of a watch. */
export class ApiError extends Error {
  /** HTTP status code. */
  readonly code: number;
  /** Machine-readable reason such as `NotFound`, `Conflict`, `AlreadyExists`, `Invalid`; '' when the server named none. */
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  /** Seconds to wait before the next try, from the Retry-After header or the Status. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: Status & { code: number },
    options: { retryAfterSeconds?: number; request?: string } = {},
  ) {
    const message = status.message ?? `the API server answered ${status.code}`;
    super(options.request === undefined ? message : `${options.request}: ${message}`);
    this.name = 'ApiError';
    this.code = status.code;
    this.reason = status.reason ?? '';
    this.details = status.details;
    this.retryAfterSeconds = options.retryAfterSeconds ?? status.details?.retryAfterSeconds;
  }
}

/** The request got no answer: connection refused or cut, or no answer in time. Whether a write took effect is unknown. */
export class UnreachableError extends Error {
  constructor(request: string, cause: unknown) {
    super(`${request}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'UnreachableError';
  }
}

/** 404: the object, its namespace or its resource type is not there. */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 404;
}

/**
 * The object changed since it was read, another field manager owns a field, or the uid that was asked for belongs to an incarnation that is
 * gone (which server-side apply answers as 422 about `metadata.uid`). Not `AlreadyExists`.
 */
export function isConflict(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  if (error.code === 409) return error.reason !== 'AlreadyExists';
  return error.code === 422 && (error.details?.causes ?? []).some((cause) => cause.field === 'metadata.uid');
}

export function isAlreadyExists(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 409 && error.reason === 'AlreadyExists';
}

/** By RBAC or by an admission plugin. */
export function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 403;
}

/** 410 Gone, or `Expired`: the resource version or continue token is too old, so list anew. */
export function isExpired(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.code === 410 || error.reason === 'Expired');
}

/** True for a namespace that is being deleted, in which nothing can be created any more. */
export function isNamespaceTerminating(error: unknown): error is ApiError {
  return (
    isForbidden(error) &&
    (error.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating')
  );
}
