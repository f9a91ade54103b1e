import { X509Certificate } from 'node:crypto';
import type { Issuer } from './issuer.ts';

/** When the first certificate above one of this issuer ends: one that is issued now is good until then at most. */
export function endOfChain({ credentials, chain, roots }: Issuer): Date {
  // With several roots it is not known which of them a client has.
  const root = roots.length === 1 ? roots : [];
  const ends = [credentials.certificate, ...chain, ...root].map(
    (pem) => new X509Certificate(pem).validToDate,
  );
  return new Date(Math.min(...ends.map((end) => end.getTime())));
}

/** The earlier of two times. */
export function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}
