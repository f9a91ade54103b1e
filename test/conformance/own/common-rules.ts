import { expect } from 'vitest';
import type { Answer } from './registry.ts';

/** The codes of the specification's table. */
const specified = [
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'BLOB_UPLOAD_UNKNOWN',
  'DIGEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_UNKNOWN',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'SIZE_INVALID',
  'UNAUTHORIZED',
  'DENIED',
  'UNSUPPORTED',
  'TOOMANYREQUESTS',
];
/** Codes of distribution beyond it: the departure of `errors-4`. */
const beyond = [
  'RANGE_INVALID',
  'PAGINATION_NUMBER_INVALID',
  'TAG_INVALID',
  'MANIFEST_UNVERIFIED',
  'UNAVAILABLE',
  'UNKNOWN',
];

/** What holds for every answer, whatever was asked: the form of errors, of warnings, and 429 with Retry-After. */
export function expectCommonRules(answers: readonly Answer[]): void {
  for (const answer of answers) {
    if (answer.status >= 400 && isJson(answer)) expectErrorForm(answer);
    if (answer.status === 429) expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expectWarningForm(answer.headers['warning']);
  }
}

function isJson({ headers, body }: Answer): boolean {
  return body.length > 0 && (headers['content-type'] ?? '').startsWith('application/json');
}

function expectErrorForm(answer: Answer): void {
  const { errors, ...rest } = answer.json() as { errors: Record<string, unknown>[] };
  expect(rest).toEqual({});
  expect(errors.length).toBeGreaterThan(0);
  for (const { code, message, detail: _, ...others } of errors) {
    expect(others).toEqual({});
    expect(code).toMatch(/^[A-Z_]+$/);
    expect([...specified, ...beyond]).toContain(code);
    expect(message).toMatch(/\w+( \w+)*/);
  }
}

function expectWarningForm(warning: string | undefined): void {
  if (warning === undefined) return;
  expect(warning.length).toBeLessThanOrEqual(4096);
  // Two values of one header are joined with a comma.
  expect(warning).toMatch(/^299 - "(?:[^"\\]|\\.)*"(?:, 299 - "(?:[^"\\]|\\.)*")*$/);
}
