import {
  appendFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { createStoreFixture } from '../gc/store-fixture.ts';
import { digestOf } from '../registry/digest.ts';
import { blobDataPath } from '../storage/paths.ts';
import { temporaryRoot, verifyOnce } from './verify-fixture.ts';

const fixture = createStoreFixture();
afterAll(() => fixture.dispose());
const one = fixture.image('a', 'one', ['layer 1', 'layer 2'], { tag: 'latest' });
const two = fixture.image('a', 'two', ['layer 2', 'layer 3'], { tag: 'v2' });
fixture.index('a', [one, two], { tag: 'all' });
fixture.image('b/c', 'one', ['layer 1'], { tag: 'x' });
fixture.layer('b/c', 'unused');
const trashed = digestOf('layer 3');
fixture.write(`/.wharfinger/trash/run-1${blobDataPath(trashed)}`, 'layer 3');

/** Damages that a disk, a copy or a person may do to `path`; `other` is another path of the store. */
const blows: Readonly<Record<string, (path: string, other: string, to: number) => void>> = {
  remove: (path) => rmSync(path, { recursive: true }),
  rename(path, other, to) {
    if (other.startsWith(path) || path.startsWith(other) || !lstatSync(other).isDirectory()) return;
    renameSync(path, join(other, `x${to % 7}`));
  },
  loop(path) {
    rmSync(path, { recursive: true });
    symlinkSync(path, path);
  },
  directory(path) {
    rmSync(path, { recursive: true });
    mkdirSync(path);
  },
  file(path) {
    rmSync(path, { recursive: true });
    writeFileSync(path, 'sha256:');
  },
  junk(path, _, to) {
    if (lstatSync(path).isDirectory()) writeFileSync(join(path, `junk-${to % 5}\n`), '');
  },
  truncate: ifFile((path, _, to) => truncateSync(path, to % (lstatSync(path).size + 1))),
  change: ifFile((path) => appendFileSync(path, '!')),
  empty: ifFile((path) => truncateSync(path, 0)),
  replace: ifFile((path, other) => {
    if (lstatSync(other).isFile()) writeFileSync(path, readFileSync(other));
  }),
};

type Strike = (path: string, other: string, to: number) => void;

function ifFile(strike: Strike): Strike {
  return (path, other, to) => {
    if (lstatSync(path).isFile()) strike(path, other, to);
  };
}

/** `at` and `to` choose among the paths that there are. */
interface Blow {
  readonly kind: string;
  readonly at: number;
  readonly to: number;
}

const blow: fc.Arbitrary<Blow> = fc.record({
  kind: fc.constantFrom(...Object.keys(blows)),
  at: fc.nat(),
  to: fc.nat(),
});

function pathsIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.startsWith('docker/registry/v2/'))
    .sort()
    .map((path) => join(root, path));
}

function strike(root: string, { kind, at, to }: Blow): void {
  const all = pathsIn(root);
  const path = all[at % all.length];
  const other = all[to % all.length];
  if (path !== undefined && other !== undefined) blows[kind]?.(path, other, to);
}

/** Digests of all files with the contents that blobs had, wherever they lie; and those that lie where they belong. */
function goodBlobs(root: string): { anywhere: Set<string>; inPlace: Set<string> } {
  const anywhere = new Set<string>();
  const inPlace = new Set<string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const digest = digestOf(readFileSync(path));
    if (originals.has(digest)) anywhere.add(digest);
    if (path === join(root, blobDataPath(digest))) inPlace.add(digest);
  }
  return { anywhere, inPlace };
}

const originals = new Set(
  fixture.files('/docker/registry/v2/blobs').map((path) => digestOf(readFileSync(join(fixture.root, path)))),
);

it('whatever is damaged, no run crashes, and a repair loses no good blob and comes to an end', async () => {
  const seen = new Set<string>();
  const property = fc.asyncProperty(fc.array(blow, { minLength: 1, maxLength: 8 }), async (blows) => {
    const root = mkdtempSync(join(temporaryRoot, 'verify-property-'));
    try {
      cpSync(fixture.root, root, { recursive: true, preserveTimestamps: true });
      for (const each of blows) strike(root, each);
      const before = goodBlobs(root);
      const first = await verifyOnce(root);
      expect(goodBlobs(root)).toEqual(before);
      await verifyOnce(root, { repair: true });
      const after = goodBlobs(root);
      expect([...before.anywhere].filter((digest) => !after.anywhere.has(digest))).toEqual([]);
      expect([...before.inPlace].filter((digest) => !after.inPlace.has(digest))).toEqual([]);
      for (const { kind } of first.found) seen.add(kind);
      // What a repair uncovers may need another; then only what must be left is still told.
      for (let run = 2; run <= 5; run++) await verifyOnce(root, { repair: true, run: `run-${run}` });
      const last = await verifyOnce(root, { repair: true, run: 'last' });
      expect(last.found.filter(({ action }) => action !== 'left')).toEqual([]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
  const runs = process.env['VERIFY_RUNS'];
  // The same stores each time, unless somebody looks for more.
  await fc.assert(property, runs === undefined ? { numRuns: 60, seed: 20_265 } : { numRuns: Number(runs) });
  expect(seen.size).toBeGreaterThan(12);
}, 3_600_000);
