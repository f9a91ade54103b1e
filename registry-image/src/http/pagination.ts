import type { Request, Response } from 'express';
import { registryError } from '../registry/errors.ts';
import type { Page } from '../registry/page.ts';

/** Reads `n` and `last`; `n` above `maximum` counts as `maximum`. @throws RegistryError PAGINATION_NUMBER_INVALID */
export function requestedPage(request: Request, maximum: number): { last?: string; limit?: number } {
  const { n, last } = request.query;
  const from = typeof last === 'string' && last !== '' ? last : undefined;
  if (n === undefined || n === '') return { last: from };
  if (typeof n !== 'string' || !/^\d{1,15}$/.test(n)) throw registryError('PAGINATION_NUMBER_INVALID', { n });
  return { last: from, limit: Math.min(Number(n), maximum) };
}

/** Says where the list goes on (RFC 5988, as the OCI distribution specification asks under "Listing Tags"). */
export function linkNext(response: Response, path: string, page: Page, limit: number | undefined): void {
  const last = page.items.at(-1);
  if (!page.more || last === undefined || limit === undefined) return;
  response.setHeader('Link', `<${path}?last=${encodeURIComponent(last)}&n=${limit}>; rel="next"`);
}
