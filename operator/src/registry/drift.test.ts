import { describe, expect, it } from 'vitest';
import { includes, manifestHash } from './drift.ts';

describe('drift', () => {
  it('is none when others add fields or the server fills in defaults', () => {
    const wanted = { spec: { ports: [{ port: 443 }], empty: {} }, gone: undefined };
    const live = { spec: { ports: [{ port: 443, protocol: 'TCP' }], type: 'ClusterIP' }, status: {} };
    expect(includes(live, wanted)).toBe(true);
  });

  it.each([
    ['a value', { a: { b: 2 } }],
    ['a missing field', { a: {} }],
    ['a list that is longer', { a: { b: 1, c: [1, 2] } }],
    ['nothing at all', undefined],
  ])('is seen in %s', (_, live) => {
    expect(includes(live, { a: { b: 1, c: [1] } })).toBe(false);
  });

  it('of a manifest shows in its hash whatever the order of keys', () => {
    expect(manifestHash({ a: 1, b: { c: 2, d: undefined } })).toBe(manifestHash({ b: { c: 2 }, a: 1 }));
    expect(manifestHash({ a: 1 })).not.toBe(manifestHash({ a: 2 }));
  });
});
