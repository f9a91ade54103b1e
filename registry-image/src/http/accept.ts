import type { Request } from 'express';

/**
 * The media types that an Accept header names, in small letters and without their parameters; not those that it refuses
 * ("a value of 0 means 'not acceptable'", RFC 9110, 12.4.2). Wildcards stand for nothing, as in distribution: tools that
 * know only Docker's schema 1 send them.
 */
export function acceptedTypes(request: Request): ReadonlySet<string> {
  const ranges = (request.headers.accept ?? '')
    .split(',')
    .filter((range) => !/;\s*q=0(?:\.0*)?\s*$/i.test(range));
  return new Set(ranges.map((range) => (range.split(';')[0] ?? '').trim().toLowerCase()));
}
