/** What an error code means. */
export interface ErrorDescription {
  /** The HTTP status of an answer whose first error it is. */
  readonly status: number;
  /** What the answer says unless the place that threw it knows better. */
  readonly message: string;
  /** When it is answered, for the documentation. */
  readonly description: string;
}

/**
 * Every error code that this registry answers (OCI distribution specification, "Error Codes", and the codes of
 * distribution beyond it); docs/errors.md is generated from here.
 */
const table = {
  BLOB_UNKNOWN: {
    status: 404,
    message: 'blob unknown to registry',
    description: 'The repository has no blob of this digest, or the blob has no content any more.',
  },
  BLOB_UPLOAD_INVALID: {
    status: 404,
    message: 'blob upload invalid',
    description:
      'The upload cannot go on: its `_state` is not one that this registry signed for it, or another request changed the upload meanwhile. Start a new upload.',
  },
  BLOB_UPLOAD_UNKNOWN: {
    status: 404,
    message: 'blob upload unknown to registry',
    description: 'There is no such upload: it was never started, or it was completed, cancelled or purged.',
  },
  DENIED: {
    status: 403,
    message: 'requested access to the resource is denied',
    description: 'The user is known and may not do this.',
  },
  DIGEST_INVALID: {
    status: 400,
    message: 'provided digest did not match uploaded content',
    description: 'The content has another digest than the request says, or the digest is not well-formed.',
  },
  MANIFEST_BLOB_UNKNOWN: {
    status: 400,
    message: 'blob unknown to registry',
    description:
      'A manifest refers to a blob or a manifest that the repository does not have. There is one such error, with the digest as detail, for each that is missing.',
  },
  MANIFEST_INVALID: {
    status: 400,
    message: 'manifest invalid',
    description:
      'The manifest is not valid, or is of a kind that is not accepted; the detail says why. With status 413 it is longer than 4 MiB.',
  },
  MANIFEST_UNKNOWN: {
    status: 404,
    message: 'manifest unknown',
    description: 'The repository has no manifest of this tag or digest.',
  },
  MANIFEST_UNVERIFIED: {
    status: 400,
    message: 'manifest failed signature verification',
    description: 'The signature of a manifest of Docker schema 1 is missing or wrong.',
  },
  NAME_INVALID: {
    status: 400,
    message: 'invalid repository name',
    description: 'The name of the repository does not follow the grammar, or the path cannot be decoded.',
  },
  NAME_UNKNOWN: {
    status: 404,
    message: 'repository name not known to registry',
    description: 'There is no such repository, or the path is no endpoint of the registry.',
  },
  PAGINATION_NUMBER_INVALID: {
    status: 400,
    message: 'invalid number of results requested',
    description: 'The parameter `n` is not a whole number of results, or is above the maximum.',
  },
  RANGE_INVALID: {
    status: 416,
    message: 'invalid content range',
    description:
      'A chunk does not begin where the upload ends (the answer says in `Range` and `Location` where it does), or a `Range` lies outside of the blob.',
  },
  SIZE_INVALID: {
    status: 400,
    message: 'provided length did not match content length',
    description: 'The body is not as long as its `Content-Range` says.',
  },
  TAG_INVALID: {
    status: 400,
    message: 'manifest tag did not match URI',
    description:
      'The tag does not follow the grammar, or a manifest of Docker schema 1 names another tag. With status 414 one PUT sets more than ten tags.',
  },
  TOOMANYREQUESTS: {
    status: 429,
    message: 'too many requests',
    description: 'Too many requests of this kind are under way; `Retry-After` says when to try again.',
  },
  UNAUTHORIZED: {
    status: 401,
    message: 'authentication required',
    description: 'Credentials are missing or wrong; `WWW-Authenticate` says which are asked for.',
  },
  UNAVAILABLE: {
    status: 503,
    message: 'service unavailable',
    description: 'A health check of this registry fails; `Retry-After` says when to try again.',
  },
  UNKNOWN: {
    status: 500,
    message: 'unknown error',
    description: 'Something went wrong inside of the registry; its log says what.',
  },
  UNSUPPORTED: {
    status: 405,
    message: 'the operation is unsupported',
    description:
      'The endpoint does not have this method (`Allow` names those that it has), deletion is switched off, or the registry is in read-only mode.',
  },
} as const satisfies Readonly<Record<string, ErrorDescription>>;

export type ErrorCode = keyof typeof table;
export const errorCodes: Readonly<Record<ErrorCode, ErrorDescription>> = table;
