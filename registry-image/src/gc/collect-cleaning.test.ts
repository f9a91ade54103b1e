import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import * as paths from '../storage/paths.ts';
import { pullAll } from './pull-fixture.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, digestOf, hour, type StoreFixture, testNow } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

/** A whole run, both marks. */
async function collectAll(given: Partial<CollectionOptions> = {}): Promise<CollectionCounts> {
  const counts = await collectOnce(store, given);
  return { ...counts, ...(await confirmOnce(store, given)) };
}

function hasBlob(content: string): boolean {
  return has(paths.blobDataPath(digestOf(content)));
}

function has(path: string): boolean {
  return existsSync(join(store.root, path));
}

describe('what else goes', () => {
  test('a link whose blob is missing goes, so that a push brings it again', async () => {
    store.image('app', 'config', ['lost', 'layer'], { tag: 'v1' });
    store.remove(paths.blobPath(digestOf('lost')));
    await collectAll();
    expect(has(paths.layerPath('app', digestOf('lost')))).toBe(false);
    expect(has(paths.layerPath('app', digestOf('layer')))).toBe(true);
  });

  test('index entries of a tag that lead to dead revisions', async () => {
    const old = store.image('app', 'old', ['layer'], { tag: 'latest' });
    const current = store.image('app', 'current', ['layer'], { tag: 'latest' });
    await collectAll();
    expect(has(paths.tagIndexLinkPath('app', 'latest', old.digest))).toBe(false);
    expect(has(paths.tagIndexLinkPath('app', 'latest', current.digest))).toBe(true);
  });

  test('empty repositories leave the catalog with the parents that hold no other', async () => {
    store.image('team/app/old', 'config', ['layer']);
    store.image('team/live', 'config 2', ['layer'], { tag: 'v1' });
    store.write(`${paths.uploadsPath('team/app/old')}/.keep`, '');
    store.remove(`${paths.uploadsPath('team/app/old')}/.keep`);
    expect(await collectAll()).toMatchObject({ repositories: 2, repositoriesRemoved: 1 });
    expect([has(paths.repositoryPath('team/app')), has(paths.repositoryPath('team/live'))]).toEqual([
      false,
      true,
    ]);
  });

  test('a repository inside of one that vanishes stays', async () => {
    store.image('team', 'config', ['layer']);
    store.image('team/live', 'config 2', ['layer'], { tag: 'v1' });
    expect(await collectAll()).toMatchObject({ repositoriesRemoved: 1 });
    expect(pullAll(store, ['team/live'])).toEqual([]);
    expect(has(paths.layersPath('team'))).toBe(false);
  });

  test('empty repositories stay when that is asked for', async () => {
    store.image('app', 'config', ['layer']);
    expect(await collectAll({ removeEmptyRepositories: false })).toMatchObject({ repositoriesRemoved: 0 });
    expect(has(paths.layersPath('app'))).toBe(true);
  });

  test('stale uploads; a running one stays and so does its repository', async () => {
    const upload = (repository: string, id: string, days: number): void => {
      const started = new Date(testNow - days * 24 * hour);
      store.write(paths.uploadStartedAtPath(repository, id), started.toISOString().replace('.000', ''));
      store.write(paths.uploadDataPath(repository, id), 'part');
      store.write(`${paths.uploadPath(repository, id)}/hashstates/sha256/4`, 'state');
    };
    upload('app', 'stale', 8);
    upload('app', 'running', 6);
    upload('app', 'slow', 20);
    store.write(paths.uploadDataPath('app', 'slow'), 'part and', testNow - hour);
    upload('gone', 'stale', 8);
    expect(await collectAll()).toMatchObject({ repositoriesRemoved: 1 });
    expect(['stale', 'running', 'slow'].filter((id) => has(paths.uploadPath('app', id)))).toEqual([
      'running',
      'slow',
    ]);
    expect(has(paths.repositoryPath('gone'))).toBe(false);
    expect(store.files('/').filter((path) => path.includes('.wharfinger'))).toEqual([]);
  });

  test('empty digest directories', async () => {
    const image = store.image('app', 'config', ['layer'], { tag: 'v1' });
    const hollow = [
      paths.blobPath(digestOf('hollow')),
      paths.layerPath('app', digestOf('hollow')),
      paths.revisionPath('app', digestOf('hollow')),
    ];
    for (const path of hollow) mkdirSync(join(store.root, path), { recursive: true });
    await collectAll();
    expect(hollow.map(has)).toEqual([false, false, false]);
    expect(has(`${paths.blobPath(digestOf('hollow'))}/..`)).toBe(false);
    expect(has(paths.blobPath(image.digest))).toBe(true);
  });

  test('foreign files and symbolic links are left alone', async () => {
    store.image('app', 'config', ['layer']);
    const foreign = [
      `${paths.blobPath(digestOf('layer'))}/notes.txt`,
      `${paths.layersPath('app')}/sha256/README`,
      `${paths.blobsRoot}/sha256/zz/file`,
      '/docker/registry/v2/other/file',
      `${paths.uploadsPath('app')}/what/is-this`,
    ];
    for (const path of foreign) store.write(path, 'foreign');
    const outside = store.blob('linked');
    store.remove(paths.blobDataPath(outside.digest));
    store.write('/outside', 'linked');
    symlinkSync(join(store.root, 'outside'), join(store.root, paths.blobDataPath(outside.digest)));
    await collectAll();
    expect(foreign.filter((path) => !has(path))).toEqual([]);
    expect([hasBlob('layer'), hasBlob('linked'), has('/outside')]).toEqual([false, true, true]);
  });
});
