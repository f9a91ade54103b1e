import type { Request } from 'express';

/**
 * The media types that an Accept header names, without their parameters. Wildcards stand for nothing, as in
 * distribution: tools that know only Docker's schema 1 send them.
 */
export function acceptedTypes(request: Request): ReadonlySet<string> {
  const ranges = (request.headers.accept ?? '').split(',');
  return new Set(ranges.map((range) => (range.split(';')[0] ?? '').trim()));
}
