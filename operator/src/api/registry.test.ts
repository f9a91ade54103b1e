import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { RepositoryPattern, TagPattern } from './collection-options.ts';
import { Duration, durationBetween, durationMs } from './duration.ts';
import { GarbageCollection } from './garbage-collection.ts';
import { isIpAddress } from './hostname.ts';
import { quantityValue } from './quantity.ts';
import { exampleRegistry } from './registry-example.ts';
import { RegistryGarbageCollection } from './registry-garbage-collection.ts';

describe('Registry', () => {
  it('gets its defaults', () => {
    const { spec } = exampleRegistry();
    expect(spec).toMatchObject({ replicas: 1, readOnly: false, service: { type: 'ClusterIP' } });
    expect(spec.tls.selfSigned).toMatchObject({
      keyAlgorithm: 'RSA',
      validityDays: 3650,
      dnsNames: [],
    });
    expect(spec.storage).toMatchObject({ deleteEnabled: true });
    expect(spec.storage.filesystem.volume.accessModes).toEqual(['ReadWriteOnce']);
  });

  it('has no issued certificate when another source is given', () => {
    expect(exampleRegistry({ tls: { secretName: 'mine' } }).spec.tls).toEqual({ secretName: 'mine' });
  });
});

describe('GarbageCollection', () => {
  it('gets its defaults', () => {
    const collection = GarbageCollection.parse({
      apiVersion: 'wharfinger.dev/v1alpha1',
      kind: 'GarbageCollection',
      metadata: { name: 'one', namespace: 'team', uid: 'uid' },
      spec: { registryRef: { name: 'team-a' } },
    });
    expect(collection.spec).toEqual({
      registryRef: { name: 'team-a' },
      dryRun: false,
      deleteUntagged: false,
      minAge: '24h',
      removeEmptyRepositories: true,
      undoFor: '1h',
      restart: 'InPlace',
      windowTimeout: '60s',
      timeout: '10m',
    });
  });
});

describe('the schedule of a Registry', () => {
  it('gets its defaults, those of its template included', () => {
    const { garbageCollection } = exampleRegistry({ garbageCollection: { schedule: '@daily' } }).spec;
    expect(garbageCollection).toEqual({
      schedule: '@daily',
      timeZone: 'Etc/UTC',
      suspend: false,
      jitter: '0s',
      successfulRunsHistoryLimit: 3,
      failedRunsHistoryLimit: 3,
      template: {
        deleteUntagged: false,
        minAge: '24h',
        removeEmptyRepositories: true,
        undoFor: '1h',
        restart: 'InPlace',
        windowTimeout: '60s',
        timeout: '10m',
      },
    });
  });
});

/** The patterns of the CEL rules of a schema; the API server reads them as RE2, of which this is the common part. */
function patterns(schema: z.ZodType): RegExp[] {
  const list = (schema.meta()?.['x-kubernetes-validations'] ?? []) as { rule: string }[];
  return list.flatMap(({ rule }) =>
    [...rule.matchAll(/matches\('([^']*)'\)/g)].map(([, text]) => new RegExp(text ?? '')),
  );
}

describe('the rules on text', () => {
  const { schedule, timeZone } = RegistryGarbageCollection.shape;
  it.each<[string, z.ZodType, string[], string[]]>([
    [
      'schedules',
      schedule,
      ['0 3 * * *', '*/5 0-6,22 1 JAN MON-FRI', '0 0 L * 5#2', '@daily', '0  3 * * *'],
      ['', '0 3 * *', '0 3 * * * *', '@never', 'daily', '2026-01-01T00:00:00', '0 3 * * * ; rm'],
    ],
    [
      'time zones',
      timeZone.unwrap(),
      ['Europe/Berlin', 'Etc/GMT+1', 'UTC', 'America/Argentina/Buenos_Aires'],
      ['', '+02:00', 'a b', '/etc'],
    ],
    [
      'patterns of repositories',
      RepositoryPattern,
      ['team/app', '**', 'team-*/a.b_c'],
      ['', 'Team', 'a b', 'a?'],
    ],
    ['patterns of tags', TagPattern, ['v1.2', '*', 'Release-*'], ['', 'a/b', 'a b', 'x?']],
  ])('let in %s and nothing else', (_name, schema, good, bad) => {
    const [pattern, ...more] = patterns(schema);
    if (pattern === undefined || more.length > 0) throw new Error('one pattern expected');
    expect(good.filter((text) => !pattern.test(text))).toEqual([]);
    expect(bad.filter((text) => pattern.test(text))).toEqual([]);
  });
});

describe('values', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['24h', 86_400_000],
    ['250ms', 250],
    ['0s', 0],
  ])('the duration %s is %i ms', (text, ms) => {
    expect(durationMs(Duration.parse(text))).toBe(ms);
  });

  it.each(['1d', '', '10', '-5s', '5 s', '999999h', '99999999999999999999h'])('%j is no duration', (text) => {
    expect(Duration.safeParse(text).success).toBe(false);
  });

  it.each([
    ['0s', false],
    ['999ms', false],
    ['1s', true],
    ['1m30s', true],
    ['10m', true],
    ['10m1s', false],
    ['9999999999999999h', false],
  ])('%s from 1s to 10m: %s', (text, isWithin) => {
    expect(durationBetween('1s', '10m').safeParse(text).success).toBe(isWithin);
  });

  it.each([
    ['5Gi', 5 * 2 ** 30],
    ['500M', 5e8],
    ['1.5Ti', 1.5 * 2 ** 40],
    ['100m', 0.1],
    [1000, 1000],
    ['2e3', 2000],
  ])('the quantity %s is %d', (quantity, value) => {
    expect(quantityValue(quantity)).toBeCloseTo(value);
  });

  it('what is no quantity is no number', () => {
    expect(quantityValue('lots')).toBeNaN();
  });

  it('tells addresses from names', () => {
    expect(['10.0.0.7', 'fd00::7'].every(isIpAddress)).toBe(true);
    expect(['registry.example', 'localhost', '10.example', 'a.1b'].some(isIpAddress)).toBe(false);
  });
});
