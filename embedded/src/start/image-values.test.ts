import { expect, it } from 'vitest';
import { imageValues } from './image-values.ts';

it.each([
  ['wharfinger.dev/registry:0.1.0-abc', 'wharfinger.dev/registry', '0.1.0-abc', ''],
  ['10.0.0.1:5000/a/registry', '10.0.0.1:5000/a/registry', '', ''],
  ['r.example:443/a@sha256:12', 'r.example:443/a', '', 'sha256:12'],
  ['r.example/a:1@sha256:12', 'r.example/a', '1', 'sha256:12'],
])('imageValues takes %s apart', (reference, repository, tag, digest) => {
  expect(imageValues('image', reference)).toEqual([
    `image.repository=${repository}`,
    `image.tag=${tag}`,
    `image.digest=${digest}`,
  ]);
});
