import { describe, expect, it } from 'vitest';
import { parseLdd } from './shared-libraries.ts';

const amd64 = `
\tlinux-vdso.so.1 (0x00007f1cdbd4a000)
\tlibatomic.so.1 => /lib/x86_64-linux-gnu/libatomic.so.1 (0x00007f1cdbd2f000)
\tlibc.so.6 => /usr/lib/x86_64-linux-gnu/libc.so.6 (0x00007f1cdb81e000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f1cdbd4c000)
`;

describe('parseLdd', () => {
  it('keeps libraries and the linker, below usr, and leaves out the kernel page', () => {
    expect(parseLdd(amd64)).toEqual([
      { source: '/lib/x86_64-linux-gnu/libatomic.so.1', target: 'usr/lib/x86_64-linux-gnu/libatomic.so.1' },
      { source: '/usr/lib/x86_64-linux-gnu/libc.so.6', target: 'usr/lib/x86_64-linux-gnu/libc.so.6' },
      { source: '/lib64/ld-linux-x86-64.so.2', target: 'usr/lib64/ld-linux-x86-64.so.2' },
    ]);
  });

  it('reads the linker of arm64, which lies in /lib', () => {
    expect(parseLdd('\t/lib/ld-linux-aarch64.so.1 (0x0000ffff)')).toEqual([
      { source: '/lib/ld-linux-aarch64.so.1', target: 'usr/lib/ld-linux-aarch64.so.1' },
    ]);
  });

  it('names a library that is missing', () => {
    expect(() => parseLdd('\tlibatomic.so.1 => not found')).toThrow(/libatomic\.so\.1 is missing/);
  });
});
