import { describe, expect, it } from 'vitest';
import { shimSocket } from './shim-socket.ts';

describe('shimSocket', () => {
  it('knows the name that the shim gives its socket', () => {
    const id = 'b22409364227e3828bb7593238a5739bd32c9cedf6815a9785102faebcf2f117';
    const line = `shim\0-namespace\0k8s.io\0-id\0${id}\0-address\0/run/wharfinger/containerd.sock\0`;
    expect(shimSocket(line)).toBe(
      '/run/containerd/s/7a36d74ee065d00524579fc43c4498dca25e62d208990c8c666d71979fad02ac',
    );
  });

  it('makes nothing up', () => {
    expect(shimSocket('shim\0-id\0x\0')).toBeUndefined();
  });
});
