import { ApiError, type Status, type StatusDetails } from './errors.ts';

/** What came back from the API server, as far as it is needed to tell success from refusal. */
export interface Answer {
  statusCode: number;
  retryAfter: string | undefined;
  text: string;
}

const longestMessage = 2_000;

/** The parsed JSON of a 2xx answer; throws an ApiError for any other, or for a 2xx that is not JSON. */
export function parseAnswer(answer: Answer, request: string): unknown {
  const ok = answer.statusCode >= 200 && answer.statusCode < 300;
  const body = parseJson(answer.text);
  if (ok && body !== undefined) return body;
  if (ok) throw new ApiError({ code: answer.statusCode, message: 'the answer is not JSON' }, { request });
  throw refusal(answer, body, request);
}

function refusal(answer: Answer, body: unknown, request: string): ApiError {
  const status: Status = isStatus(body) ? body : { message: answer.text.trim() };
  return new ApiError(
    {
      ...status,
      code: answer.statusCode,
      message: safeMessage(status, request),
      details: safeDetails(status, request),
    },
    { retryAfterSeconds: parseRetryAfter(answer.retryAfter), request },
  );
}

/** The server quotes refused values, which for a Secret must reach no log: only reason and fields are left of it. */
function safeMessage(status: Status, request: string): string | undefined {
  if (!status.message) return undefined;
  if (!isAboutSecret(request)) return status.message.slice(0, longestMessage);
  const fields = (status.details?.causes ?? []).flatMap((cause) => cause.field ?? []);
  const reason = status.reason ?? 'refused';
  return fields.length === 0 ? reason : `${reason} (${fields.join(', ')})`;
}

/** A logger prints every field of an error, the causes too. */
function safeDetails({ details }: Status, request: string): StatusDetails | undefined {
  if (details?.causes === undefined || !isAboutSecret(request)) return details;
  return { ...details, causes: details.causes.map(({ reason, field }) => ({ reason, field })) };
}

function isAboutSecret(request: string): boolean {
  return /\/secrets(\/|\?|$)/.test(request);
}

/** Seconds of a Retry-After header (RFC 9110, section 10.2.3); the API server sends no dates. */
function parseRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'Status';
}
