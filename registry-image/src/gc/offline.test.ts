import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as paths from '../storage/paths.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createJournal } from '../registry/journal.ts';
import { runGarbageCollect } from './command.ts';
import { pullAll } from './pull-fixture.ts';
import { createStoreFixture, digestOf, type StoreFixture } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

async function run(driver: StorageDriver, ...argv: string[]): Promise<{ status: number; said: string }> {
  let said = '';
  const write = (text: string): void => void (said += text);
  const openStore = (): Promise<StorageDriver> => Promise.resolve(driver);
  const status = await runGarbageCollect({ argv, openStore, stdout: { write }, stderr: { write } });
  return { status, said };
}

describe('--offline', () => {
  test('moves no file, and judges what an earlier run has left in the trash as ever', async () => {
    const moves: unknown[] = [];
    const driver: StorageDriver = {
      ...store.driver,
      moveMany(items, options) {
        moves.push(...items);
        return store.driver.moveMany(items, options);
      },
    };
    store.image('app', 'dead', ['dead layer']);
    const { digest } = store.image('app', 'kept', ['layer'], { tag: 'v1' });
    const data = paths.blobDataPath(digest);
    await run(driver, '-m', '--offline');
    expect(moves).toEqual([]);
    await store.driver.move(data, paths.trashPath('early-1', data));
    const { said } = await run(store.driver, '-m', '-q', '--offline');
    expect(said).toBe('warning: 1 swept blob or manifest was in use and has been put back\n');
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(store.files(paths.blobsRoot)).toHaveLength(3);
  });

  test('a repository whose link leads nowhere any more when it is read leaves every blob', async () => {
    store.image('app', 'kept', ['layer'], { tag: 'v1' });
    store.image('other', 'config', ['other layer'], { tag: 'v1' });
    const [manifests, elsewhere] = [paths.manifestsPath('app'), '/elsewhere'].map((path) =>
      join(store.root, path),
    ) as [string, string];
    renameSync(manifests, elsewhere);
    symlinkSync(elsewhere, manifests);
    const listed = new Set<string>();
    const driver: StorageDriver = {
      ...store.driver,
      children(path) {
        const isFound = listed.has(path) || path.includes('/_');
        if (path.startsWith(paths.repositoriesRoot) && isFound && !listed.has(elsewhere)) {
          renameSync(elsewhere, `${elsewhere} unmounted`);
          listed.add(elsewhere);
        }
        listed.add(path);
        return store.driver.children(path);
      },
    };
    const { said } = await run(driver, '-m', '-q', '--offline');
    expect(said).toContain('_manifests is a symbolic link that cannot be followed; no blob is collected');
    renameSync(`${elsewhere} unmounted`, elsewhere);
    expect(pullAll(store, ['app', 'other'])).toEqual([]);
  });

  test('a dry run beside the trash of another changes nothing', async () => {
    const { digest } = store.image('app', 'kept', ['layer'], { tag: 'v1' });
    const data = paths.blobDataPath(digest);
    await store.driver.move(data, paths.trashPath('early-1', data));
    const before = store.files();
    expect(await run(store.driver, '-d', '-m', '-q', '--offline')).toMatchObject({ status: 0 });
    expect(store.files()).toEqual(before);
  });

  test('does nothing where the journal cannot be trusted, and says so before it marks', async () => {
    store.image('app', 'dead', ['dead layer']);
    store.write(paths.journalPath('bad.1'), 'garbage\n', Date.now());
    const before = store.files();
    const { status, said } = await run(store.driver, '-m', '--offline');
    expect([status, said]).toEqual([
      1,
      expect.stringMatching(/^failed to garbage collect: the journal cannot be trusted/),
    ]);
    expect(said).toMatch(/: collect without --offline\n$/);
    expect(store.files()).toEqual(before);
  });

  test('does nothing while a registry serves from the storage, also one that has begun since the mark', async () => {
    store.image('app', 'dead', ['dead layer']);
    const path = paths.memberPath('pod-0-boot');
    const member = JSON.stringify({ pod: 'pod-0', boot: 'boot', release: '1', host: 'node-1' });
    const before = store.files('/docker');
    const refusal =
      /^failed to garbage collect: member pod-0-boot on host node-1 serves from this storage: stop it/;
    await store.driver.putContent(path, member);
    const { status, said } = await run(store.driver, '-m', '-q', '--offline');
    expect([status, said]).toEqual([1, expect.stringMatching(refusal)]);
    store.remove(path);
    let prepared = '';
    const driver: StorageDriver = {
      ...store.driver,
      async putContent(written, content) {
        await store.driver.putContent(written, content);
        if (written !== paths.windowPath) return;
        prepared = String(JSON.parse(content.toString()).id);
        const window = { id: prepared, prepared: true, paused: true, restarted: true };
        await store.driver.putContent(path, JSON.stringify({ ...JSON.parse(member), window }));
      },
    };
    expect(await run(driver, '-m', '-q', '--offline')).toMatchObject({ status: 1 });
    expect(prepared).not.toBe('');
    expect(store.files('/docker')).toEqual(before);
  });

  test('keeps what a registry committed since the mark, which has ended again', async () => {
    store.image('app', 'dead', ['dead layer']);
    const repushed = { kind: 'blob', repository: 'app', digest: digestOf('dead layer') } as const;
    let isCommitted = false;
    const driver: StorageDriver = {
      ...store.driver,
      async putContent(path, content) {
        if (path === paths.windowPath && !isCommitted) {
          isCommitted = true;
          const journal = createJournal({ driver: store.driver, process: 'writer' });
          await journal.during([repushed], async () => void store.layer('app', 'dead layer', 0));
        }
        return store.driver.putContent(path, content);
      },
    };
    await run(driver, '-m', '-q', '--offline');
    expect(isCommitted).toBe(true);
    expect(store.files('/docker')).toEqual([
      paths.blobDataPath(repushed.digest),
      paths.layerLinkPath('app', repushed.digest),
    ]);
  });

  test('a storage that fails in the middle leaves every image whole, and the next run takes the rest', async () => {
    store.image('app', 'kept', ['common', 'layer'], { tag: 'v1' });
    store.image('app', 'dead', ['common', 'dead layer']);
    for (let fails = 1; ; fails++) {
      let calls = 0;
      const removeMany: StorageDriver['removeMany'] = (items, options) => {
        if (++calls === fails) return Promise.reject(new Error('input/output error'));
        return store.driver.removeMany(items, options);
      };
      const { status } = await run({ ...store.driver, removeMany }, '-m', '-q', '--offline');
      expect(pullAll(store, ['app'], { untagged: false })).toEqual([]);
      if (status === 0) break;
      expect(status).toBe(1);
    }
    expect(store.files(paths.blobsRoot)).toHaveLength(4);
  });
});
