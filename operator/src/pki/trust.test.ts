import { beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from './authority.ts';
import { nextTrust, nextTrustChange, type TrustedCa, type TrustQuestion } from './trust.ts';

const hour = 3_600_000;
let old: string;
let young: string;

beforeAll(async () => {
  const key = { algorithm: 'ECDSA', size: 256 } as const;
  const make = async (commonName: string): Promise<string> =>
    (await createAuthority({ subject: { commonName }, key, validityDays: 9, now: new Date() })).certificate;
  [old, young] = await Promise.all([make('old'), make('young')]);
});

function ask(change: Partial<TrustQuestion> = {}): string[] {
  const question = {
    published: [trusted(old)],
    wanted: [old],
    inUse: old,
    confirmed: true,
    overlapMs: hour,
    endOverlap: false,
    now: 10 * hour,
    ...change,
  };
  return nextTrust(question).map(told);
}

function trusted(certificate: string): TrustedCa {
  return { certificate, state: 'trusted', since: 0 };
}

function told({ certificate, state, since }: TrustedCa): string {
  return `${certificate === old ? 'old' : 'young'} ${state} since ${since / hour}`;
}

describe('nextTrust', () => {
  it('trusts the first CA at once, for nobody has another', () => {
    expect(ask({ published: [], inUse: undefined })).toEqual(['old trusted since 10']);
    expect(ask({ published: [], inUse: old })).toEqual(['old trusted since 10']);
  });

  it('stays as it is when nothing changes', () => {
    expect(ask()).toEqual(['old trusted since 0']);
  });

  it('counts a new CA as trusted after the overlap, and no sooner', () => {
    const wanted = [old, young];
    expect(ask({ wanted })).toEqual(['old trusted since 0', 'young new since 10']);
    const published: TrustedCa[] = [trusted(old), { certificate: young, state: 'new', since: 10 * hour }];
    expect(ask({ published, wanted, now: 11 * hour - 1 }).at(1)).toBe('young new since 10');
    expect(ask({ published, wanted, now: 11 * hour }).at(1)).toBe('young trusted since 11');
    expect(ask({ published, wanted, endOverlap: true }).at(1)).toBe('young trusted since 10');
    expect(nextTrustChange(published, hour)).toBe(11 * hour);
  });

  it('keeps a CA that is served from, although nobody wants it', () => {
    expect(ask({ wanted: [young] })).toEqual(['young new since 10', 'old trusted since 0']);
  });

  it('takes a CA away after the overlap, once every server is known to serve another certificate', () => {
    const question = { wanted: [young], inUse: young };
    const leaving = { certificate: old, state: 'leaving', since: 10 * hour } as const;
    expect(ask({ ...question, published: [trusted(young), trusted(old)] }).at(1)).toBe(
      'old leaving since 10',
    );
    const published = [trusted(young), leaving];
    expect(ask({ ...question, published, now: 11 * hour - 1 })).toHaveLength(2);
    expect(ask({ ...question, published, now: 12 * hour, confirmed: false })).toHaveLength(2);
    expect(ask({ ...question, published, now: 11 * hour })).toEqual(['young trusted since 0']);
    expect(ask({ ...question, published, endOverlap: true })).toEqual(['young trusted since 0']);
    expect(ask({ ...question, published, endOverlap: true, confirmed: false }).at(1)).toBe(
      'old leaving since 9',
    );
  });

  it('takes a CA back that was leaving, and forgets one at once that nobody was served by', () => {
    const published = [trusted(young), { certificate: old, state: 'leaving', since: 10 * hour } as const];
    expect(ask({ published, wanted: [young, old], inUse: young }).at(1)).toBe('old trusted since 10');
    const gone = [trusted(old), { certificate: young, state: 'new', since: 10 * hour } as const];
    expect(ask({ published: gone })).toEqual(['old trusted since 0']);
  });
});
