import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { treatInBulk } from '../storage/bulk-operations.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { hasCode } from '../storage/file-errors.ts';
import * as paths from '../storage/paths.ts';
import { runGarbageCollect } from './command.ts';
import { pullAll } from './pull-fixture.ts';
import { createStoreFixture, digestOf, hour, type StoreFixture, testNow } from './store-fixture.ts';

async function run(
  driver: StorageDriver,
  argv: readonly string[],
): Promise<{ status: number; said: string }> {
  let said = '';
  const write = (text: string): void => void (said += text);
  const openStore = (): Promise<StorageDriver> => Promise.resolve(driver);
  const status = await runGarbageCollect({ argv, openStore, stdout: { write }, stderr: { write } });
  return { status, said };
}

const repositories = ['app', 'team/app', 'team/app/sub'];
const oddPlaces = [
  paths.revisionPath('app', digestOf('layer 0')),
  paths.layerPath('app', digestOf('layer 0')),
  paths.blobPath(digestOf('layer 1')),
  paths.tagPath('app', 'v1'),
  `${paths.tagPath('app', 'v1')}/index/sha256`,
  `${paths.tagPath('app', 'old')}/current`,
  paths.uploadPath('app', 'one'),
];

interface Step {
  readonly kind: (typeof pushed)[number] | (typeof leftover)[number];
  readonly repository: string;
  readonly number: number;
  readonly tag: string | undefined;
  /** Hours. */
  readonly age: number;
  /** Of what is odd. */
  readonly place: string;
}

const pushed = ['image', 'index'] as const;
const leftover = ['layer', 'blob', 'upload', 'damage', 'foreign', 'empty', 'link'] as const;

function steps(kinds: readonly Step['kind'][]): fc.Arbitrary<Step[]> {
  const step = fc.record({
    kind: fc.constantFrom(...kinds),
    repository: fc.constantFrom(...repositories),
    number: fc.nat({ max: 3 }),
    tag: fc.constantFrom(undefined, 'v1', 'v2', 'old'),
    age: fc.nat({ max: 400 }),
    place: fc.constantFrom(...oddPlaces),
  });
  return fc.array(step, { minLength: 1, maxLength: 10 });
}

const builders: Record<Step['kind'], (store: StoreFixture, step: Step) => void> = {
  image: (store, { repository, number, tag, age }) => {
    const name = `${repository} ${number}`;
    const { digest } = store.image(repository, name, [`layer ${number}`, 'common'], { age: age * hour });
    if (tag) store.tag(repository, tag, digest, age * hour);
  },
  index: (store, { repository, number, tag, age }) => {
    const image = store.image(repository, `${number}`, [`layer ${number}`], { age: age * hour });
    const { digest } = store.index(repository, [image], { age: age * hour });
    if (tag) store.tag(repository, tag, digest, age * hour);
  },
  layer: (store, { repository, number }) => void store.layer(repository, `layer ${number}`),
  blob: (store, { number }) => void store.blob(`layer ${number}`),
  upload: (store, { repository, number, age }) => {
    const time = testNow - age * hour;
    const id = number === 0 ? 'one' : `upload-${number}`;
    store.write(paths.uploadDataPath(repository, id), 'data', time);
    store.write(paths.uploadStartedAtPath(repository, id), new Date(time).toISOString(), time);
  },
  damage: (store, { repository, number }) =>
    store.write(paths.revisionLinkPath(repository, digestOf(`manifest ${number}`)), ''),
  foreign: (store, { place, number }) => store.write(`${place}/odd-${number}`, 'foreign'),
  empty: (store, { place, number }) =>
    void mkdirSync(join(store.root, place, `odd-${number}`), { recursive: true }),
  link: (store, { place, number }) => {
    mkdirSync(join(store.root, place), { recursive: true });
    const name = place.endsWith('/current') ? 'link' : `odd-${number}`;
    // Nothing can be written through it.
    symlinkSync('no/where', join(store.root, place, name));
  },
};

/** Two stores that hold the same. */
function twins(given: readonly Step[]): [StoreFixture, StoreFixture] {
  const [one, other] = [createStoreFixture(), createStoreFixture()];
  one.blob('there is something');
  for (const step of given) {
    try {
      builders[step.kind](one, step);
    } catch (error) {
      // Something else lies there already.
      if (!hasCode(error, 'EEXIST', 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error;
    }
  }
  copy(one, other);
  return [one, other];
}

function copy(from: StoreFixture, to: StoreFixture): void {
  cpSync(from.root, to.root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

/** Every file and directory; of what lies in the trash without the name of its run. */
function tree({ root }: StoreFixture): string[] {
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const inTrash = found.filter((path) => path.startsWith('.wharfinger/trash/'));
  return [
    ...found.filter((path) => path.startsWith('docker')),
    ...inTrash.map((path) => path.replace(/manual-\d+/, 'RUN')),
  ].sort();
}

const flags = fc.constantFrom(
  [],
  ['-m'],
  ['-m', '--keep-last=1'],
  ['-m', '--keep-last=2'],
  ['--keep-matching', 'v*'],
  ['-m', '--plan=text'],
);

test('a run with --offline leaves and says what a run with two marks does', async () => {
  await fc.assert(
    fc.asyncProperty(steps([...pushed, ...leftover]), flags, async (given, argv) => {
      const [one, other] = twins(given);
      const whole = await run(one.driver, argv);
      expect(await run(other.driver, ['--offline', ...argv])).toEqual(whole);
      expect(tree(other)).toEqual(tree(one));
      one.dispose();
      other.dispose();
    }),
    { numRuns: 100 },
  );
});

/** Fails with the change number `limit` of the registry's files, and with all that follow. */
function dying(driver: StorageDriver, limit: number): StorageDriver {
  let changes = 0;
  const live = (): void => {
    if (++changes > limit) throw new Error('killed');
  };
  return {
    ...driver,
    async delete(path) {
      if (path.startsWith('/docker')) live();
      await driver.delete(path);
    },
    async removeIfEmpty(path) {
      live();
      return driver.removeIfEmpty(path);
    },
    async removeMany(items, options) {
      const remove = async (item: string): Promise<boolean> => {
        live();
        await driver.removeMany([item]);
        if (!options?.withDirectory) return true;
        live();
        await driver.removeIfEmpty(dirname(item));
        return true;
      };
      await treatInBulk(items, remove, options);
    },
    moveMany: (moves, options) =>
      treatInBulk(
        moves,
        async (move) => {
          live();
          return (await driver.moveMany([move])).skipped.length === 0;
        },
        options,
      ),
  };
}

test('wherever a run ends, every tag is whole, also after another run by another rule', async () => {
  const kinds = fc.constantFrom([], ['--offline']);
  await fc.assert(
    fc.asyncProperty(
      steps(pushed),
      kinds,
      flags,
      flags,
      fc.nat({ max: 40 }),
      async (given, kind, first, then, limit) => {
        const [one, other] = twins(given);
        await run(dying(one.driver, limit), [...kind, ...first]);
        // What is swept and not judged yet is brought back by whoever reads it.
        if (kind.length > 0) expect(pullAll(one, repositories, { untagged: false })).toEqual([]);
        other.remove('/');
        copy(one, other);
        await run(one.driver, then);
        await run(other.driver, ['--offline', ...then]);
        for (const store of [one, other]) expect(pullAll(store, repositories)).toEqual([]);
        one.dispose();
        other.dispose();
      },
    ),
    { numRuns: 100 },
  );
});
