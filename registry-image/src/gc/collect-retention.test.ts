import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import { createJournal } from '../registry/journal.ts';
import { createPullLog } from '../registry/pull-log.ts';
import * as paths from '../storage/paths.ts';
import { pullAll } from './pull-fixture.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { beginStagedCollection } from './staged-collection.ts';
import {
  createStoreFixture,
  digestOf,
  hour,
  type Pushed,
  type StoreFixture,
  testNow,
} from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

type Given = Partial<CollectionOptions>;

/** A whole run, both marks. */
async function collectAll(given: Given): Promise<CollectionCounts> {
  const counts = await collectOnce(store, given);
  return { ...counts, ...(await confirmOnce(store, given)) };
}

function has(path: string): boolean {
  return existsSync(join(store.root, path));
}

function hasBlob(content: string): boolean {
  return has(paths.blobDataPath(digestOf(content)));
}

function tagsOf(repository: string): string[] {
  const directory = join(store.root, paths.tagsPath(repository));
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

/** An image of its own for each tag, set so many hours ago. */
function images(repository: string, ages: Readonly<Record<string, number>>): Map<string, Pushed> {
  const pushed = new Map<string, Pushed>();
  for (const [tag, age] of Object.entries(ages)) {
    const image = store.image(repository, `${repository} ${tag}`, [`layer of ${repository} ${tag}`, 'base']);
    store.tag(repository, tag, image.digest, age * hour);
    pushed.set(tag, image);
  }
  return pushed;
}

const keepOne: Given = { retention: [{ repositories: ['**'], keepMatching: [], keepLast: 1 }] };
const keepTwo: Given = { retention: [{ repositories: ['**'], keepMatching: [], keepLast: 2 }] };

describe('retention', () => {
  test('a tag that was set while the sweep took it comes back with its image, and the old ones do not', async () => {
    images('app', { v1: 50, v2: 40, v3: 30 });
    const { driver } = store;
    const moveMany: typeof driver.moveMany = async (moves, options) => {
      if (moves.some(({ from }) => from === paths.tagPath('app', 'v1'))) {
        const { digest } = store.image('app', 'new', ['new layer'], { age: 0 });
        store.tag('app', 'v1', digest, 0);
      }
      return driver.moveMany(moves, options);
    };
    await collectOnce({ driver: { ...driver, moveMany } }, keepOne);
    expect(tagsOf('app')).toEqual(['v3']);
    await confirmOnce(store, keepOne);
    expect(tagsOf('app')).toEqual(['v1', 'v3']);
    expect(pullAll(store, ['app'])).toEqual([]);
    expect([hasBlob('new layer'), hasBlob('layer of app v2')]).toEqual([true, false]);
  });

  test('keepLast: the tags that were set last stay; the others go with what they alone lead to', async () => {
    images('app', { newest: 1, old: 30, older: 50, new: 2 });
    const counts = await collectAll(keepTwo);
    expect(tagsOf('app')).toEqual(['new', 'newest']);
    expect(pullAll(store, ['app'])).toEqual([]);
    expect([hasBlob('layer of app new'), hasBlob('layer of app old'), hasBlob('base')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(counts).toMatchObject({ tagsRemoved: 2, manifestsDeleted: 2, blobsDeleted: 6, restored: 0 });
    expect(store.files('/').filter((path) => path.includes('.wharfinger'))).toEqual([]);
  });

  test('a tag that is set again is new, whatever it names', async () => {
    const pushed = images('app', { a: 40, b: 30, c: 20 });
    store.tag('app', 'a', pushed.get('a')?.digest ?? '', hour);
    await collectAll(keepTwo);
    expect(tagsOf('app')).toEqual(['a', 'c']);
  });

  test('without deleteUntagged only the tags go', async () => {
    images('app', { a: 1, b: 2, c: 3 });
    const counts = await collectAll({ ...keepTwo, deleteUntagged: false });
    expect(tagsOf('app')).toEqual(['a', 'b']);
    expect(hasBlob('layer of app c')).toBe(true);
    expect(counts).toMatchObject({ tagsRemoved: 1, manifestsDeleted: 0, blobsDeleted: 0 });
  });

  test('a tag stays when any criterion of the first rule that fits says so; no rule, all stay', async () => {
    const ages = { latest: 900, 'v1.0': 800, 'ci-1': 700, 'ci-2': 600, 'ci-3': 5 };
    images('team/app', ages);
    images('team/deep/app', ages);
    images('free', ages);
    await collectAll({
      retention: [
        { repositories: ['team/*'], keepMatching: ['v*', 'latest'], keepYoungerThan: 24 * hour },
        { repositories: ['team/**'], keepMatching: [], keepLast: 1 },
      ],
    });
    expect(tagsOf('team/app')).toEqual(['ci-3', 'latest', 'v1.0']);
    expect(tagsOf('team/deep/app')).toEqual(['ci-3']);
    expect(tagsOf('free')).toHaveLength(5);
    expect(pullAll(store, ['team/app', 'team/deep/app', 'free'])).toEqual([]);
  });

  test('C12: keepPulledWithin: tags whose image was pulled stay, and all of them while the log does not reach back', async () => {
    const pushed = images('app', { pulled: 900, 'pulled-long-ago': 800, never: 700 });
    const write = (ago: number, tag: string): Promise<void> => {
      const log = createPullLog({ driver: store.driver, process: tag, now: () => testNow - ago * hour });
      log.record('app', pushed.get(tag)?.digest ?? '');
      return log.flush();
    };
    const given: Given = {
      retention: [{ repositories: ['**'], keepMatching: [], keepPulledWithin: 240 * hour }],
    };
    await write(48, 'pulled');
    await collectAll(given);
    expect(tagsOf('app')).toEqual(['never', 'pulled', 'pulled-long-ago']);
    await write(500, 'pulled-long-ago');
    await collectAll(given);
    expect(tagsOf('app')).toEqual(['pulled']);
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('a repository of which every tag goes leaves the catalog', async () => {
    images('app', { a: 1, b: 2 });
    await collectAll({ retention: [{ repositories: ['app'], keepMatching: [], keepLast: 0 }] });
    expect(has(paths.repositoryPath('app'))).toBe(false);
  });

  test('a manifest that another tag names as well stays; so does a lease', async () => {
    const pushed = images('app', { a: 1, b: 2, c: 3 });
    store.tag('app', 'b', pushed.get('c')?.digest ?? '', 2 * hour);
    const leased = store.image('app', 'leased', ['leased layer'], { age: hour });
    store.tag('app', 'd', leased.digest, 90 * hour);
    await collectAll(keepTwo);
    expect(tagsOf('app')).toEqual(['a', 'b']);
    expect(pullAll(store, ['app'])).toEqual([]);
    expect([hasBlob('layer of app c'), hasBlob('leased layer')]).toEqual([true, true]);
  });

  test('signatures by tag stay with their image, are not counted, and go with it', async () => {
    const pushed = images('app', { a: 1, b: 2, c: 3 });
    for (const [tag, suffix] of [
      ['a', ''],
      ['b', '.sig'],
      ['c', '.sig'],
    ] as const) {
      const signature = store.image('app', `signature of ${tag}`, [`signed ${tag}`]);
      const name = `${pushed.get(tag)?.digest.replace(':', '-')}${suffix}`;
      store.tag('app', name, signature.digest, tag === 'c' ? 0 : 99 * hour);
    }
    await collectAll(keepTwo);
    expect(tagsOf('app').filter((tag) => tag.length < 9)).toEqual(['a', 'b']);
    expect(['a', 'b', 'c'].map((tag) => hasBlob(`signed ${tag}`))).toEqual([true, true, false]);
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('a repository with problems keeps all its tags, the others do not', async () => {
    images('app', { a: 1, b: 2, c: 3 });
    images('other', { a: 1, b: 2, c: 3 });
    store.write(paths.layerLinkPath('app', digestOf('x')), '');
    await collectAll(keepTwo);
    expect([tagsOf('app'), tagsOf('other')]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b'],
    ]);
  });

  test('what lies beside the links of a tag is left alone, and the tag goes all the same', async () => {
    images('app', { a: 1, b: 2, c: 3 });
    const foreign = `${paths.tagPath('app', 'c')}/notes.txt`;
    store.write(foreign, 'mine');
    await collectAll(keepTwo);
    expect([has(foreign), has(paths.tagCurrentLinkPath('app', 'c')), hasBlob('layer of app c')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('a dry run counts what it would take away', async () => {
    images('app', { a: 1, b: 2, c: 3 });
    const before = store.files();
    expect(await collectOnce(store, { ...keepTwo, dryRun: true })).toMatchObject({
      tagsRemoved: 1,
      manifestsDeleted: 1,
    });
    expect(store.files()).toEqual(before);
  });
});

describe('retention and time', () => {
  test('the second mark untags nothing: a tag that has grown old by then keeps what it names', async () => {
    const given: Given = {
      retention: [{ repositories: ['**'], keepMatching: [], keepYoungerThan: 3 * hour }],
    };
    const image = store.image('app', 'config', ['layer']);
    await collectOnce(store, given);
    store.tag('app', 'v1', image.digest, 4 * hour);
    await confirmOnce(store, given);
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(tagsOf('app')).toEqual(['v1']);
  });

  test('a tag that is set while the mark runs stays', async () => {
    const pushed = images('app', { a: 1, b: 2, c: 3, d: 4 });
    const options = CollectionOptions.parse({ deleteUntagged: true, ...keepTwo });
    const signal = new AbortController().signal;
    const { driver } = store;
    const common = { driver, options, now: testNow, report: () => {}, signal, trash: 'run-0' };
    const staged = await beginStagedCollection(common);
    const added = store.image('app', 'added', ['added layer']);
    const commit = { kind: 'manifest', repository: 'app', digest: added.digest } as const;
    await createJournal({ driver, process: 'p' }).during([commit], async () =>
      store.tag('app', 'c', added.digest, 0),
    );
    await staged.sweep({ until: () => false, signal });
    await confirmOnce(store, keepTwo);
    expect(tagsOf('app')).toEqual(['a', 'b', 'c']);
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(has(paths.revisionPath('app', pushed.get('d')?.digest ?? ''))).toBe(false);
  });

  test('a repository that turns out to have problems gets its tags back, as old as they were', async () => {
    images('app', { a: 1, b: 2, c: 3 });
    await collectOnce(store, keepTwo);
    expect(tagsOf('app')).toEqual(['a', 'b']);
    store.write(paths.layerLinkPath('app', digestOf('x')), '');
    await confirmOnce(store, keepTwo);
    expect(tagsOf('app')).toEqual(['a', 'b', 'c']);
    expect(pullAll(store, ['app'])).toEqual([]);
    const link = statSync(join(store.root, paths.tagCurrentLinkPath('app', 'c')));
    expect(link.mtimeMs).toBe(testNow - 3 * hour);
  });

  test('a tag that was pushed again meanwhile is not replaced by the one in the trash', async () => {
    images('app', { a: 1, b: 2, c: 3 });
    await collectOnce(store, keepTwo);
    store.write(paths.layerLinkPath('app', digestOf('x')), '');
    const again = store.image('app', 'again', ['new layer'], { tag: 'c' });
    await confirmOnce(store, keepTwo);
    expect(await store.driver.getContent(paths.tagCurrentLinkPath('app', 'c'))).toEqual(
      Buffer.from(again.digest),
    );
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('index entries of a tag that went do not come back with a manifest that another tag names', async () => {
    const pushed = images('app', { a: 1, b: 2, c: 3 });
    await collectOnce(store, keepTwo);
    store.tag('app', 'b', pushed.get('c')?.digest ?? '', 0);
    expect(await confirmOnce(store, keepTwo)).toMatchObject({ restored: 3 });
    expect(tagsOf('app')).toEqual(['a', 'b']);
    expect(pullAll(store, ['app'])).toEqual([]);
  });
});

describe('the filter of repositories', () => {
  test('others keep all that they have, stale uploads and shared blobs included', async () => {
    images('team/app', { a: 1 });
    store.image('team/app', 'dead', ['dead layer', 'shared with other']);
    store.image('other', 'other dead', ['other dead layer', 'shared with other']);
    for (const repository of ['team/app', 'other', 'empty']) {
      const started = new Date(testNow - 8 * 24 * hour).toISOString();
      store.write(paths.uploadStartedAtPath(repository, 'stale'), started);
    }
    const before = store.files(paths.repositoryPath('other'));
    await collectAll({ repositories: ['team/*'] });
    expect(store.files(paths.repositoryPath('other'))).toEqual(before);
    expect([hasBlob('dead layer'), hasBlob('shared with other'), hasBlob('other dead layer')]).toEqual([
      false,
      true,
      true,
    ]);
    expect([has(paths.uploadPath('team/app', 'stale')), has(paths.uploadPath('empty', 'stale'))]).toEqual([
      false,
      true,
    ]);
  });

  test('retention is of the chosen repositories only', async () => {
    images('team/app', { a: 1, b: 2, c: 3 });
    images('other', { a: 1, b: 2, c: 3 });
    await collectAll({ ...keepTwo, repositories: ['team/**'] });
    expect([tagsOf('team/app'), tagsOf('other')]).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]);
  });
});
