import type { Request } from 'express';
import type { Context } from './context.ts';

/** The URL under which a path of this registry is reached by the client of this request. */
export function absoluteUrl(
  { services, request }: Pick<Context, 'services' | 'request'>,
  path: string,
): string {
  const { host, prefix, relativeurls } = services.config.http;
  if (relativeurls) return prefix + path;
  return originOf(request, host) + prefix + path;
}

function originOf(request: Request, host: string | undefined): string {
  if (host !== undefined) return new URL(host).origin;
  const encrypted = 'encrypted' in request.socket && request.socket.encrypted === true;
  const protocol = firstOf(request.headers['x-forwarded-proto']) ?? (encrypted ? 'https' : 'http');
  const authority = firstOf(request.headers['x-forwarded-host']) ?? request.headers.host ?? '';
  // Without a host the client resolves a path against its own request.
  return authority === '' ? '' : `${protocol}://${authority}`;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const first = (Array.isArray(header) ? header[0] : header)?.split(',')[0]?.trim();
  return first === '' ? undefined : first;
}
