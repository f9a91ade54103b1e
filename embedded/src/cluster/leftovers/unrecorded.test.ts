import { describe, expect, it } from 'vitest';
import { isComponentOf } from './unrecorded.ts';

describe('isComponentOf', () => {
  it.each([
    ['/cache/etcd\0--name=w\0--data-dir=/state/etcd\0', true],
    ['containerd\0--config\0/state/config/containerd.toml\0', true],
    ['containerd\0--config\0/etc/containerd/config.toml\0', false],
    ['etcd\0--data-dir=/state-of-another/etcd\0', false],
    ['vi\0/state/config/containerd.toml\0', false],
    ['', false],
  ])('%j: %s', (line, answer) => {
    expect(isComponentOf(line, '/state')).toBe(answer);
  });
});
