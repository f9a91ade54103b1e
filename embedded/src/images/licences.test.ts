import { expect, it } from 'vitest';
import { bundledPackages } from './licences.ts';

it('bundledPackages names the innermost package of each file, with its scope', () => {
  expect(
    bundledPackages([
      '/r/node_modules/zod/index.js',
      '/r/node_modules/zod/v4/core.js',
      '/r/node_modules/@node-rs/bcrypt/index.js',
      '/r/node_modules/a/node_modules/b/x.js',
      '/r/registry-image/src/main.ts',
    ]),
  ).toEqual(['/r/node_modules/@node-rs/bcrypt', '/r/node_modules/a/node_modules/b', '/r/node_modules/zod']);
});
