import { type Access, AccessError } from '../auth/index.ts';
import { WritesRefusedError } from '../registry/commit-gate.ts';
import { type ErrorCode, errorCodes } from '../registry/error-codes.ts';
import { type Problem, RegistryError } from '../registry/errors.ts';
import { isFull } from '../storage/file-errors.ts';

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
  if (error instanceof RegistryError) return answer(error.problems, error.headers, error.status);
  if (error instanceof WritesRefusedError) return answer([{ code: 'UNSUPPORTED', message: error.message }]);
  if (error instanceof AccessError) return accessAnswer(error);
  // Express could not decode the path.
  if (error instanceof URIError) return answer([{ code: 'NAME_INVALID' }]);
  if (isFull(error)) {
    const full = answer([{ code: 'UNKNOWN', message: 'the storage of the registry is full' }], {}, 507);
    return { ...full, internal: true };
  }
  return { ...answer([{ code: 'UNKNOWN' }]), internal: true };
}

function accessAnswer({ reason, challenge, accesses }: AccessError): ErrorAnswer {
  if (reason === 'busy') return answer([{ code: 'TOOMANYREQUESTS' }], { 'Retry-After': '1' });
  const detail = accesses.length === 0 ? undefined : accesses.map(accessDetail);
  if (reason === 'denied') return answer([{ code: 'DENIED', detail }]);
  return answer([{ code: 'UNAUTHORIZED', detail }], { 'WWW-Authenticate': challenge });
}

/** An access as distribution names it in the detail of its errors. */
function accessDetail({ repository, action }: Access): Record<string, string> {
  if (action === 'catalog') return { Type: 'registry', Class: '', Name: 'catalog', Action: '*' };
  return { Type: 'repository', Class: '', Name: repository, Action: action };
}

function answer(
  problems: readonly [Problem, ...Problem[]],
  headers: Readonly<Record<string, string>> = {},
  status = errorCodes[problems[0].code].status,
): ErrorAnswer {
  const errors = problems.map(({ code, message, detail }) => {
    return {
      code,
      message: message ?? errorCodes[code].message,
      ...(detail === undefined ? {} : { detail }),
    };
  });
  return { status, headers, body: { errors }, internal: false };
}
