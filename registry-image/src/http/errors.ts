import { AccessError } from '../auth/index.ts';
import { WritesRefusedError } from '../registry/commit-gate.ts';
import { type ErrorCode, type Problem, RegistryError } from '../registry/errors.ts';

/** Status and usual message of every error code (distribution's descriptors and OCI distribution specification, "Error Codes"). */
const errorTable: Readonly<Record<ErrorCode, { status: number; message: string }>> = {
  BLOB_UNKNOWN: { status: 404, message: 'blob unknown to registry' },
  BLOB_UPLOAD_INVALID: { status: 404, message: 'blob upload invalid' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'blob upload unknown to registry' },
  DENIED: { status: 403, message: 'requested access to the resource is denied' },
  DIGEST_INVALID: { status: 400, message: 'provided digest did not match uploaded content' },
  MANIFEST_BLOB_UNKNOWN: { status: 400, message: 'blob unknown to registry' },
  MANIFEST_INVALID: { status: 400, message: 'manifest invalid' },
  MANIFEST_UNKNOWN: { status: 404, message: 'manifest unknown' },
  MANIFEST_UNVERIFIED: { status: 400, message: 'manifest failed signature verification' },
  NAME_INVALID: { status: 400, message: 'invalid repository name' },
  NAME_UNKNOWN: { status: 404, message: 'repository name not known to registry' },
  PAGINATION_NUMBER_INVALID: { status: 400, message: 'invalid number of results requested' },
  RANGE_INVALID: { status: 416, message: 'invalid content range' },
  SIZE_INVALID: { status: 400, message: 'provided length did not match content length' },
  TAG_INVALID: { status: 400, message: 'manifest tag did not match URI' },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests' },
  UNAUTHORIZED: { status: 401, message: 'authentication required' },
  UNKNOWN: { status: 500, message: 'unknown error' },
  UNSUPPORTED: { status: 405, message: 'the operation is unsupported' },
};

/** An answer that says what went wrong. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { errors: { code: ErrorCode; message: string; detail?: unknown }[] };
  /** True when the error is ours, not the client's, and belongs into the log. */
  readonly internal: boolean;
}

/** The answer to whatever was thrown while a request was served. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof RegistryError) return answer(error.problems, error.headers);
  if (error instanceof WritesRefusedError) return answer([{ code: 'UNSUPPORTED', message: error.message }]);
  if (error instanceof AccessError) return accessAnswer(error);
  // Express could not decode the path.
  if (error instanceof URIError) return answer([{ code: 'NAME_INVALID' }]);
  return { ...answer([{ code: 'UNKNOWN' }]), internal: true };
}

function accessAnswer({ reason, challenge }: AccessError): ErrorAnswer {
  if (reason === 'unauthorized') return answer([{ code: 'UNAUTHORIZED' }], { 'WWW-Authenticate': challenge });
  if (reason === 'busy') return answer([{ code: 'TOOMANYREQUESTS' }], { 'Retry-After': '1' });
  return answer([{ code: 'DENIED' }]);
}

function answer(
  problems: readonly [Problem, ...Problem[]],
  headers: Readonly<Record<string, string>> = {},
): ErrorAnswer {
  const errors = problems.map(({ code, message, detail }) => {
    return {
      code,
      message: message ?? errorTable[code].message,
      ...(detail === undefined ? {} : { detail }),
    };
  });
  return { status: errorTable[problems[0].code].status, headers, body: { errors }, internal: false };
}
