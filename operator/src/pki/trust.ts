import { pemFingerprint } from './bundle.ts';

/**
 * How far clients are with a CA: it is `new` to them until they have had the time to take it up, then `trusted`; when nothing
 * needs it any longer it is `leaving` until it is taken from them.
 */
export type TrustState = 'new' | 'trusted' | 'leaving';

/** A CA that is published for clients. */
export interface TrustedCa {
  /** PEM. */
  readonly certificate: string;
  readonly state: TrustState;
  /** When that began, in milliseconds since 1970. */
  readonly since: number;
}

export interface TrustQuestion {
  /** What is published now. */
  readonly published: readonly TrustedCa[];
  /** What clients should trust, PEM, in this order. */
  readonly wanted: readonly string[];
  /** Which of all these the certificate that is served leads to, PEM. */
  readonly inUse: string | undefined;
  /** Every server is known to serve that certificate. */
  readonly confirmed: boolean;
  /** How long a CA is new, and how long it is leaving. */
  readonly overlapMs: number;
  /** Nobody waits for the overlaps that run now. */
  readonly endOverlap: boolean;
  readonly now: number;
}

/** What should be published now. */
export function nextTrust(question: TrustQuestion): TrustedCa[] {
  const before = new Map(question.published.map((ca) => [pemFingerprint(ca.certificate), ca]));
  const used = question.inUse === undefined ? undefined : pemFingerprint(question.inUse);
  const isFirst = before.size === 0 && used === undefined;
  const wanted = new Map(question.wanted.map((pem) => [pemFingerprint(pem), pem]));
  const arriving = [...wanted].map(([name, pem]) =>
    arrival(question, pem, before.get(name), isFirst || name === used),
  );
  const others = [...before].filter(([name]) => !wanted.has(name));
  const departing = others.flatMap(([name, ca]) => departure(question, ca, name === used));
  return [...arriving, ...departing];
}

/** When time alone changes what should be published, in milliseconds since 1970; undefined: never. */
export function nextTrustChange(cas: readonly TrustedCa[], overlapMs: number): number | undefined {
  const ends = cas.filter(({ state }) => state !== 'trusted').map(({ since }) => since + overlapMs);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function arrival(
  question: TrustQuestion,
  pem: string,
  known: TrustedCa | undefined,
  atOnce: boolean,
): TrustedCa {
  const { now, overlapMs, endOverlap } = question;
  if (known === undefined && !atOnce) return { certificate: pem, state: 'new', since: now };
  if (known === undefined || known.state === 'leaving')
    return { certificate: pem, state: 'trusted', since: now };
  const isOver = known.state === 'new' && (atOnce || endOverlap || known.since + overlapMs <= now);
  return isOver ? { ...known, state: 'trusted', since: now } : known;
}

function departure(question: TrustQuestion, ca: TrustedCa, isUsed: boolean): TrustedCa[] {
  const { now, overlapMs, endOverlap, confirmed } = question;
  if (isUsed) return [ca.state === 'trusted' ? ca : { ...ca, state: 'trusted', since: now }];
  if (ca.state === 'new') return [];
  if (ca.state === 'trusted') return [{ ...ca, state: 'leaving', since: now }];
  const isOver = endOverlap || ca.since + overlapMs <= now;
  if (isOver && confirmed) return [];
  return [endOverlap ? { ...ca, since: Math.min(ca.since, now - overlapMs) } : ca];
}
