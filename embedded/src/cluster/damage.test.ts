import { describe, expect, it } from 'vitest';
import { isDataDamage } from './damage.ts';
import { ComponentFailure } from './supervisor/start-component.ts';

describe('isDataDamage', () => {
  it.each([
    [new ComponentFailure('etcd', 'etcd ended right after its start', 'wal: crc mismatch'), true],
    [new ComponentFailure('etcd', 'etcd ended right after its start', 'bind: address already in use'), false],
    [new ComponentFailure('etcd', "etcd's health was not there after 30 s", ''), false],
    [new ComponentFailure('kubelet', 'kubelet ended right after its start', ''), false],
    [new Error('etcd ended'), false],
  ])('%s: %s', (error, damaged) => {
    expect(isDataDamage(error)).toBe(damaged);
  });
});
