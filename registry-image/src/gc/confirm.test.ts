import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { pullAll } from './pull-fixture.ts';
import type { ConfirmOptions } from './confirm.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, digestOf, hour, type StoreFixture, testNow } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

function has(path: string): boolean {
  return existsSync(join(store.root, path));
}

function trash(): string[] {
  return has(paths.trashRoot) ? store.files(paths.trashRoot) : [];
}

describe('the second mark', () => {
  test('puts back what a tag names by now, with all below it, and unlinks the rest', async () => {
    const child = store.image('app', 'config', ['layer', 'lower']);
    const index = store.index('app', [child]);
    const signature = store.image('app', 'signature', ['signed'], { subject: child });
    const dead = store.image('app', 'dead', ['dead layer']);
    await collectOnce(store);
    store.tag('app', 'v1', index.digest);
    const counts = await confirmOnce(store);
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(has(paths.revisionLinkPath('app', signature.digest))).toBe(true);
    expect(counts).toMatchObject({
      restored: 8,
      bytesFreed: dead.size + 'dead'.length + 'dead layer'.length,
    });
    expect(has(paths.trashRoot)).toBe(false);
  });

  test('removes the files of the journal that no collection needs any more', async () => {
    store.write(paths.journalPath('old.1'), '', testNow - 49 * hour);
    store.write(paths.journalPath('new.1'), '', testNow - 47 * hour);
    await confirmOnce(store);
    expect(store.files(paths.journalRoot)).toEqual([paths.journalPath('new.1')]);
  });

  test('removes the room that a run without a window left', async () => {
    store.write(paths.sweepReservePath, 'room');
    await confirmOnce(store);
    expect(store.files(paths.sweepsRoot)).toEqual([]);
  });

  test('frees all at once where there is room for a part only of what it would keep', async () => {
    const [image, other] = [store.image('app', 'config', ['layer']), store.image('app', 'more', ['another'])];
    await collectOnce(store);
    const warnings: string[] = [];
    const warn = (problem: string): void => void warnings.push(problem);
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const driver: StorageDriver = {
      ...store.driver,
      async moveMany(moves) {
        await store.driver.moveMany(moves.slice(0, 3));
        throw full;
      },
    };
    const counts = await confirmOnce(store, { undoFor: hour }, { driver, warn });
    expect(counts).toMatchObject({ bytesPending: 0 });
    expect(counts.bytesFreed).toBeGreaterThan(image.size + other.size);
    expect([has(paths.trashRoot), store.files(paths.undoRoot), warnings.length]).toEqual([false, [], 1]);
  });

  test('what it puts back begins a new lease', async () => {
    const image = store.image('app', 'config', ['layer']);
    await collectOnce(store);
    store.tag('app', 'v1', image.digest);
    await confirmOnce(store);
    expect(statSync(join(store.root, paths.layerLinkPath('app', digestOf('layer')))).mtimeMs).toBe(testNow);
  });

  test('a copy in the trash of what was pushed again is unlinked, not put back', async () => {
    store.image('app', 'config', ['layer', 'other layer']);
    await collectOnce(store);
    const again = store.image('app', 'config', ['layer', 'other layer'], { tag: 'v1' });
    expect(await confirmOnce(store)).toMatchObject({
      restored: 0,
      bytesFreed: again.size + 'config'.length + 'layer'.length + 'other layer'.length,
    });
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(trash()).toEqual([]);
  });

  test('an untagged image that was pushed while the sweep ran stays whole as long as it is visible', async () => {
    const image = store.image('app', 'config', ['layer']);
    await collectOnce(store, { minAge: 0 });
    // Its layers were there when they were looked for.
    await store.driver.putContent(paths.revisionLinkPath('app', image.digest), image.digest);
    await confirmOnce(store, { minAge: 0 });
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('an image whose commit has not ended yet stays whole, and goes once the commit has ended without a tag', async () => {
    const image = store.image('app', 'config', ['layer']);
    const begun = `+ 1 manifest app ${image.digest}\n`;
    await store.driver.putContent(paths.journalPath('worker.1'), begun);
    await collectOnce(store, { minAge: 0 });
    await confirmOnce(store, { minAge: 0 });
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(has(paths.revisionLinkPath('app', image.digest))).toBe(true);
    await store.driver.putContent(paths.journalPath('worker.1'), `${begun}- 1\n`);
    await collectOnce(store, { minAge: 0 });
    await confirmOnce(store, { minAge: 0 });
    expect(has(paths.revisionLinkPath('app', image.digest))).toBe(false);
  });

  test('a commit that began after the sweep keeps nothing in the trash: it has seen that it was swept', async () => {
    const image = store.image('app', 'config', ['layer']);
    await collectOnce(store, { minAge: 0 });
    const begun = `+ 1 manifest app ${image.digest}\n`;
    await store.driver.putContent(paths.journalPath('worker.1'), begun);
    expect(await confirmOnce(store, { minAge: 0 })).toMatchObject({ restored: 0 });
    expect(has(paths.sweepsRoot) ? store.files(paths.sweepsRoot) : []).toEqual([]);
  });

  test('what comes into the trash while it looks, from a collector that was killed late, is left for the next run', async () => {
    store.image('app', 'config', ['layer']);
    await collectOnce(store);
    const late = `${paths.trashRoot}/run-0${paths.blobDataPath(digestOf('late'))}`;
    const report = async ({ counts }: Parameters<ConfirmOptions['report']>[0]): Promise<void> => {
      if (counts.restored !== undefined) await store.driver.putContent(late, 'late');
    };
    await confirmOnce(store, {}, { report });
    expect(trash()).toEqual([late]);
    await confirmOnce(store);
    expect(trash()).toEqual([]);
  });

  test('what a commit brings back at the same moment is no failure', async () => {
    const image = store.image('app', 'config', ['layer']);
    await collectOnce(store);
    store.tag('app', 'v1', image.digest);
    const link = paths.layerLinkPath('app', digestOf('layer'));
    const { driver } = store;
    const touch = async (path: string, time: number): Promise<void> => {
      await driver.touch(path, time);
      if (path.endsWith(link)) await driver.move(path, link);
    };
    await confirmOnce({ driver: { ...driver, touch } });
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(has(paths.trashRoot)).toBe(false);
  });

  test('a push that is half done: a blob is there again, its link is not', async () => {
    const image = store.image('app', 'config', ['layer']);
    await collectOnce(store);
    store.blob('layer');
    store.tag('app', 'v1', image.digest);
    await confirmOnce(store);
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('a referrer whose subject became alive', async () => {
    const image = store.image('app', 'config', ['layer']);
    const signature = store.image('app', 'signature', ['signed'], { subject: image });
    await collectOnce(store);
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    await confirmOnce(store);
    expect(has(paths.revisionLinkPath('app', signature.digest))).toBe(true);
    expect(has(paths.blobDataPath(digestOf('signed')))).toBe(true);
  });

  test('a lease that was renewed while the sweep ran', async () => {
    store.layer('app', 'layer');
    await collectOnce(store);
    const [link] = trash().filter((path) => path.includes('/layer+'));
    await store.driver.touch(link ?? '', testNow - 1000);
    expect(await confirmOnce(store)).toMatchObject({ restored: 1 });
    expect(has(paths.blobDataPath(digestOf('layer')))).toBe(true);
    expect(has(paths.layerLinkPath('app', digestOf('layer')))).toBe(true);
  });

  test('a repository that cannot be told gets all of its own back', async () => {
    store.image('app', 'config', ['layer']);
    store.image('app', 'live', ['live layer'], { tag: 'v1' });
    store.image('other', 'other', ['other layer']);
    await collectOnce(store);
    store.write(paths.tagCurrentLinkPath('app', 'v2'), '');
    await confirmOnce(store);
    expect(has(paths.blobDataPath(digestOf('layer')))).toBe(true);
    expect(has(paths.layerLinkPath('app', digestOf('layer')))).toBe(true);
    expect(has(paths.blobDataPath(digestOf('other layer')))).toBe(false);
  });

  test('without deleteUntagged a revision in the trash is no root', async () => {
    store.image('app', 'config', ['layer']);
    await collectOnce(store);
    expect(await confirmOnce(store, { deleteUntagged: false })).toMatchObject({ restored: 0 });
    expect(store.files('/')).toEqual([]);
  });

  test('every directory of the trash is settled, also of runs that died', async () => {
    const image = store.image('app', 'config', ['layer']);
    await collectOnce(store, {}, { trash: 'dead-run-1' });
    store.image('app', 'other', ['other layer']);
    await collectOnce(store, {}, { trash: 'run-0' });
    store.tag('app', 'v1', image.digest);
    await confirmOnce(store);
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(has(paths.trashRoot)).toBe(false);
  });

  test('a foreign file in the trash is told and left alone', async () => {
    store.layer('app', 'orphan');
    await collectOnce(store);
    const foreign = `${paths.trashRoot}/run-0/docker/notes.txt`;
    store.write(foreign, 'mine');
    const problems: string[] = [];
    await confirmOnce(store, {}, { warn: (problem) => void problems.push(problem) });
    expect(store.files('/')).toEqual([foreign]);
    expect(problems).toHaveLength(1);
  });

  test('an image that is pushed again by another tag was not in use when it was swept', async () => {
    const old = store.image('app', 'config', ['layer'], { tag: 'v1' });
    store.image('app', 'next', ['next layer'], { tag: 'v1' });
    await collectOnce(store);
    expect(has(paths.tagIndexLinkPath('app', 'v1', old.digest))).toBe(false);
    store.image('app', 'config', ['layer'], { tag: 'v2', age: 0 });
    expect(await confirmOnce(store)).toMatchObject({ restored: 0 });
    expect(has(paths.tagIndexLinkPath('app', 'v1', old.digest))).toBe(true);
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('a directory that cannot be removed keeps nothing alive in the trash', async () => {
    const image = store.image('app', 'config', ['layer']);
    store.image('app', 'dead', ['dead layer']);
    await collectOnce(store);
    store.tag('app', 'v1', image.digest);
    const held = paths.blobPath(digestOf('dead layer'));
    const refuse = (path: string): void => {
      if (path === held) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    const driver: StorageDriver = {
      ...store.driver,
      async removeMany(removed, options) {
        removed.forEach(refuse);
        return store.driver.removeMany(removed, options);
      },
      async removeIfEmpty(path) {
        refuse(path);
        return store.driver.removeIfEmpty(path);
      },
    };
    const problems: string[] = [];
    await confirmOnce({ driver }, {}, { warn: (problem) => void problems.push(problem) }).catch(() => {});
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(problems.join()).toContain('EACCES');
  });

  test.each(['children', 'survey'] as const)(
    'an error of the mark (%s) unlinks nothing',
    async (operation) => {
      store.layer('app', 'orphan');
      store.image('app', 'config', ['layer'], { tag: 'v1' });
      await collectOnce(store);
      const before = store.files();
      const failing = { ...store.driver, [operation]: () => Promise.reject(new Error('EIO')) };
      await expect(confirmOnce({ driver: failing })).rejects.toThrow('EIO');
      expect(store.files()).toEqual(before);
    },
  );
});
