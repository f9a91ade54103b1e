import { describe, expect, it } from 'vitest';
import { hasRootBelow, isShimOf } from './pod-processes.ts';

describe('isShimOf', () => {
  const line =
    '/usr/bin/containerd-shim-runc-v2\0-namespace\0k8s.io\0-id\0x\0-address\0/run/w/containerd.sock\0';

  it('knows a shim by the socket of its containerd', () => {
    expect(isShimOf(line, '/run/w/containerd.sock')).toBe(true);
    expect(isShimOf(line, '/run/containerd/containerd.sock')).toBe(false);
  });

  it('takes nothing else for one', () => {
    expect(isShimOf('', '/run/w/containerd.sock')).toBe(false);
    expect(isShimOf('vi\0-address\0/run/w/containerd.sock\0', '/run/w/containerd.sock')).toBe(false);
  });
});

describe('hasRootBelow', () => {
  it('looks at the root alone', () => {
    const overlay = (point: string): string =>
      `1 0 0:1 / ${point} rw - overlay overlay rw,lowerdir=/l,upperdir=/state/containerd/1/fs,workdir=/w\n`;
    expect(hasRootBelow(overlay('/'), '/state/containerd')).toBe(true);
    expect(hasRootBelow(overlay('/'), '/state/other')).toBe(false);
    expect(hasRootBelow(overlay('/run/rootfs'), '/state/containerd')).toBe(false);
  });
});
