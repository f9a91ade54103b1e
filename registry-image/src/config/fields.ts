import { z } from 'zod';
import { parseDuration } from './duration.ts';

/**
 * The kinds of values in config.yml. The YAML reader hands over every scalar as text (so that `secret: 0123` stays what
 * was written), while the operator hands over what it built; both are accepted.
 */
export const text = z.custom<string | number | boolean>(isScalar, 'must be text').transform(String);

export const flag = z
  .custom<boolean | string>(isScalar, 'must be true or false')
  .transform((value, context): boolean => {
    if (/^(true|yes|on|y)$/i.test(String(value))) return true;
    if (/^(false|no|off|n)$/i.test(String(value))) return false;
    context.addIssue({ code: 'custom', message: `must be true or false, not ${JSON.stringify(value)}` });
    return z.NEVER;
  });

/** A whole number of at least `minimum`. */
export function integer(minimum: number): z.ZodType<number, number | string> {
  return z.custom<number | string>(isScalar, 'must be a whole number').transform((value, context): number => {
    const written = String(value);
    if (/^[+-]?\d+$/.test(written) && Number(written) >= minimum) return Number(written);
    context.addIssue({
      code: 'custom',
      message: `must be a whole number of at least ${minimum}, not ${JSON.stringify(value)}`,
    });
    return z.NEVER;
  });
}

/** A duration in Go's syntax; the result is in milliseconds. */
export const duration = z
  .custom<string | number>(isScalar, 'must be a duration such as 10s or 24h')
  .transform((value, context): number => {
    const parsed = parseDuration(String(value));
    if (parsed !== undefined && parsed >= 0) return parsed;
    context.addIssue({
      code: 'custom',
      message: `must be a duration with its unit, such as 10s or 24h, not ${JSON.stringify(value)}`,
    });
    return z.NEVER;
  });

/** Longest time that a timer of Node takes, in milliseconds; what is longer would be over at once. */
const longestTimer = 2 ** 31 - 1;

/** A duration that something waits for. */
export const timer = duration.refine((value) => value <= longestTimer, 'must be at most 596h');

/** Name and value of a header field (RFC 9110, 5.1 and 5.5). */
export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of a header field');
export const headerValue = text.refine(
  (value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  'must be one line of Latin-1 text',
);

/** One of a few words. */
export function choice<const T extends string>(...words: [T, ...T[]]): z.ZodType<T, T> {
  return z.custom<T>(
    (value) => words.some((word) => word === value),
    (words.length === 1 ? 'must be ' : 'must be one of ') + words.join(', '),
  );
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
