import { isIP } from 'node:net';
import type { Request } from 'express';

/**
 * The client's IP address: what a proxy says of it (the first of X-Forwarded-For, else X-Real-Ip, as distribution reads
 * them), else the peer's. Anybody can claim one, so nothing that must be safe may rest on it.
 */
export function clientAddress(request: Request): string {
  const claims = [request.headers['x-forwarded-for'], request.headers['x-real-ip']];
  for (const claim of claims) {
    const first = String(claim ?? '')
      .split(',')[0]
      ?.trim();
    if (first && isIP(first) !== 0) return first;
  }
  return request.socket.remoteAddress ?? '';
}
