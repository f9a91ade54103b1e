import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as paths from './paths.ts';
import { placesInTrash, sweptFrom, sweptPath, sweptPathIn, sweptPlaceOf } from './swept-paths.ts';

const name = fc.constantFrom('app', 'team/app', 'a/b/c', 'a.b/c-d', 'layer', 'x/_odd/y', 'with+plus/app');
const tag = fc.constantFrom('v1', 'index', '_latest', 'layer', 'with+plus', 't'.repeat(128));
const digest = fc
  .tuple(
    fc.constantFrom('sha256', 'sha512', 'sha256+b64u'),
    fc.constantFrom('ab'.repeat(32), '0'.repeat(128)),
  )
  .map(([algorithm, hex]) => `${algorithm}:${hex}`);
const path = fc.oneof(
  digest.map(paths.blobDataPath),
  digest.map(paths.blobPath),
  fc.tuple(name, digest).map(([repository, each]) => paths.layerLinkPath(repository, each)),
  fc.tuple(name, digest).map(([repository, each]) => paths.layerPath(repository, each)),
  fc.tuple(name, digest).map(([repository, each]) => paths.revisionLinkPath(repository, each)),
  fc.tuple(name, digest).map(([repository, each]) => paths.revisionPath(repository, each)),
  fc.tuple(name, tag, digest).map(([repository, of, each]) => paths.tagIndexLinkPath(repository, of, each)),
  fc.tuple(name, tag).map(([repository, of]) => paths.tagCurrentLinkPath(repository, of)),
  name.map((repository) => paths.uploadDataPath(repository, 'id')),
  fc.constantFrom(
    '/docker/notes.txt',
    `${paths.blobsRoot}/sha256/cd/ab12/data`,
    '/blobs/x',
    '/links/app/other',
  ),
);

test('every path comes back from the name that a sweep gives it, and no two have one name', () => {
  fc.assert(
    fc.property(path, path, (one, other) => {
      expect(sweptFrom(sweptPath(one))).toBe(one);
      expect(sweptPath(one) === sweptPath(other)).toBe(one === other);
      const place = `/.wharfinger/trash/run-1${sweptPath(one)}`;
      const known = sweptPlaceOf(place, one);
      expect(known && sweptPathIn(known, one)).toBe(place);
    }),
    { numRuns: 2_000 },
  );
});

test('a file in a directory that a sweep renames is where its own name says', () => {
  const [link, directory] = [
    paths.revisionLinkPath('team/app', 'sha256:ab12'),
    paths.revisionPath('team/app', 'sha256:ab12'),
  ];
  expect(sweptPath(link)).toBe(`${sweptPath(directory)}/link`);
});

test.each([
  [paths.blobDataPath('sha256:ab12'), '/blobs/ab/sha256+ab12'],
  [paths.layerLinkPath('team/app', 'sha256:ab12'), '/links/team+app/layer+sha256+ab12'],
  [paths.revisionLinkPath('team/app', 'sha256:ab12'), '/links/team+app/revision+sha256+ab12/link'],
  [paths.tagIndexLinkPath('team/app', 'v1', 'sha256:ab12'), '/links/team+app/entry+v1+sha256+ab12'],
])('%s is swept to %s', (origin, below) => {
  expect(sweptPath(origin)).toBe(below);
  expect(placesInTrash('run-1', origin)).toEqual([
    `/.wharfinger/trash/run-1${below}`,
    `/.wharfinger/trash/run-1${origin}`,
  ]);
});

test('a name that a file system may refuse is not given', () => {
  const origin = paths.tagIndexLinkPath('app', 't'.repeat(128), `sha512:${'0'.repeat(128)}`);
  expect(sweptPath(origin)).toBe(origin);
});
