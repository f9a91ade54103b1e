import { z } from 'zod';
import { parseDuration } from './duration.ts';

/**
 * The kinds of values in config.yml. The YAML reader hands over every scalar as text (so that `secret: 0123` stays what
 * was written), while the operator hands over what it built; both are accepted.
 *
 * A wrong value does not abort, so that checks of the section around it with `when` are made all the same.
 * @param options.read gives undefined for what is wrong
 * @param options.quote whether an error may say the value
 */
function scalar<Output, Input>(options: {
  expected: string;
  read: (written: string) => Output | undefined;
  quote?: boolean;
}): z.ZodType<Output, Input> {
  const { expected, read, quote = true } = options;
  return z.unknown().transform((value, context): Output => {
    const written = isScalar(value) ? String(value) : undefined;
    const result = written === undefined ? undefined : read(written);
    if (result !== undefined) return result;
    const but = quote && written !== undefined ? `, not ${JSON.stringify(written)}` : '';
    context.addIssue({ code: 'custom', message: `must be ${expected}${but}` });
    return z.NEVER;
  }) as unknown as z.ZodType<Output, Input>;
}

export const text = scalar<string, string | number | boolean>({
  expected: 'text',
  read: String,
  quote: false,
}).meta({ kind: 'text' });

/** Whether it is a URL with a scheme of the web; `registry:5000` is a URL too, of the scheme `registry`. */
export function isWebUrl(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

function hasCredentials(address: string): boolean {
  const { username, password } = new URL(address);
  return username !== '' || password !== '';
}

/** An absolute http or https URL; the error shows `example`. */
export function url(example: string, credentials: 'refused' | 'allowed' = 'refused'): typeof text {
  const allowed = credentials === 'allowed';
  return text
    .refine(
      (value) => isWebUrl(value) && (allowed || !hasCredentials(value)),
      `must be a URL${allowed ? '' : ' without credentials'}, such as ${example}`,
    )
    .meta({ kind: 'url', example });
}

/** HOST:PORT, where HOST may be empty; the error shows `example`. */
export function address(example: string): typeof text {
  return text
    .refine(
      (value) => Number(/:(\d{1,5})$/.exec(value)?.[1] ?? Infinity) < 65_536,
      `must be HOST:PORT, such as ${example}`,
    )
    .meta({ example });
}

const yes = /^(true|yes|on|y)$/i;
const no = /^(false|no|off|n)$/i;

export const flag = scalar<boolean, boolean | string>({
  expected: 'true or false',
  read: (written) => (yes.test(written) ? true : no.test(written) ? false : undefined),
}).meta({ kind: 'flag' });

/** A whole number of at least `minimum`. */
export function integer(minimum: number): z.ZodType<number, number | string> {
  return scalar<number, number | string>({
    expected: `a whole number of at least ${minimum}`,
    read(written) {
      const value = Number(written);
      const fits = /^[+-]?\d+$/.test(written) && Number.isSafeInteger(value) && value >= minimum;
      return fits ? value : undefined;
    },
  }).meta({ kind: 'integer', minimum });
}

/** A duration in Go's syntax; the result is in milliseconds. */
export const duration = scalar<number, string | number>({
  expected: 'a duration with its unit, such as 10s or 24h',
  read(written) {
    const value = parseDuration(written) ?? nanoseconds(written);
    return value !== undefined && value >= 0 && value <= longestDuration ? value : undefined;
  },
}).meta({ kind: 'duration' });

/** Longest duration of Go (2^63 nanoseconds), in milliseconds. */
const longestDuration = 2 ** 63 / 1e6;

/**
 * Distribution reads a number without a unit as nanoseconds, and 10s written back by a YAML library is such a number.
 * Below a millisecond it is taken for a unit that was forgotten.
 */
function nanoseconds(value: string): number | undefined {
  return /^\d{7,19}$/.test(value) ? Number(value) / 1e6 : undefined;
}

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

/** One of a few words, in upper or lower case. */
export function choice<const T extends string>(...words: [T, ...T[]]): z.ZodType<T, T> {
  return scalar<T, T>({
    expected: (words.length === 1 ? '' : 'one of ') + words.join(', '),
    read: (written) => words.find((word) => word.toLowerCase() === written.toLowerCase()),
  }).meta({ kind: 'choice', words });
}

/** Whatever YAML can say. */
export const anything = z.unknown().meta({ kind: 'anything' });

/**
 * `when` of a check that compares keys of a section: it is made although something else in the section is wrong, so that
 * all problems are told at once. What is wrong may be missing then.
 */
export function isSection({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null;
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
