import { describe, expect, it } from 'vitest';
import { Duration, durationBetween, durationMs } from './duration.ts';
import { GarbageCollection } from './garbage-collection.ts';
import { isIpAddress } from './hostname.ts';
import { quantityValue } from './quantity.ts';
import { exampleRegistry } from './registry-example.ts';

describe('Registry', () => {
  it('gets its defaults', () => {
    const { spec } = exampleRegistry();
    expect(spec).toMatchObject({ replicas: 1, readOnly: false, service: { type: 'ClusterIP' } });
    expect(spec.tls.selfSigned).toMatchObject({
      keyAlgorithm: 'RSA',
      keySize: 2048,
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
      windowTimeout: '60s',
      timeout: '10m',
    });
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
