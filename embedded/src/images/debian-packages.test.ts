import { expect, it } from 'vitest';
import { parseOwners } from './debian-packages.ts';

it('parseOwners gives each package once, sorted, without its architecture', () => {
  const output = [
    'libstdc++6:amd64: /usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30',
    'libc6:amd64: /usr/lib/x86_64-linux-gnu/libc.so.6',
    'libc6:amd64: /usr/lib/x86_64-linux-gnu/libm.so.6',
    'ca-certificates: /usr/share/doc/ca-certificates/copyright',
    '',
  ].join('\n');
  expect(parseOwners(output)).toEqual(['ca-certificates', 'libc6', 'libstdc++6']);
});
