import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import * as paths from '../storage/paths.ts';
import { pullAll } from './pull-fixture.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, digestOf, hour, type StoreFixture, testNow } from './store-fixture.ts';

let store: StoreFixture;
let problems: string[];
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

/** A whole run, both marks. */
async function collectAll(given: Partial<CollectionOptions> = {}): Promise<CollectionCounts> {
  problems = [];
  const counts = await collectOnce(store, given, { warn: (problem) => void problems.push(problem) });
  return { ...counts, ...(await confirmOnce(store, given)) };
}

function hasBlob(content: string): boolean {
  return has(paths.blobDataPath(digestOf(content)));
}

function has(path: string): boolean {
  return existsSync(join(store.root, path));
}

describe('what is alive', () => {
  test('what a tag names that a deletion of another manifest has aside, and not that other one', async () => {
    const gone = store.image('team/app', 'gone', ['only 1']);
    const set = store.image('team/app', 'set', ['only 2'], { tag: 'v1' });
    await store.driver.move(
      paths.tagPath('team/app', 'v1'),
      `${paths.departuresPath(gone.digest, 'id', 'team/app')}/v1`,
    );
    const other = `${paths.departuresPath(gone.digest, 'other', 'team/app')}/v2/current/link`;
    store.write(other, gone.digest);
    // The first mark knows it already.
    expect(await collectAll()).toMatchObject({ manifestsDeleted: 1, restored: 0 });
    expect([hasBlob('only 1'), hasBlob('only 2')]).toEqual([false, true]);
    expect(has(paths.revisionLinkPath('team/app', set.digest))).toBe(true);
  });

  test('a tagged image with config and layers; an untagged one goes with what it alone refers to', async () => {
    store.image('app', 'config 1', ['shared', 'only 1'], { tag: 'v1' });
    const dead = store.image('app', 'config 2', ['shared', 'only 2']);
    const counts = await collectAll();
    expect(pullAll(store, ['app'])).toEqual([]);
    expect([hasBlob('shared'), hasBlob('only 1'), hasBlob('only 2'), hasBlob('config 2')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(has(paths.revisionPath('app', dead.digest))).toBe(false);
    expect(has(paths.layerPath('app', digestOf('only 2')))).toBe(false);
    const bytes = dead.size + 'config 2'.length + 'only 2'.length;
    expect(counts).toMatchObject({
      repositories: 1,
      manifestsMarked: 1,
      blobsMarked: 4,
      manifestsDeleted: 1,
      blobsDeleted: 3,
      layerLinksDeleted: 2,
      repositoriesRemoved: 0,
      bytesDeleted: bytes,
      bytesFreed: bytes,
      restored: 0,
    });
    expect(store.files('/').filter((path) => path.includes('trash'))).toEqual([]);
  });

  test('every revision without deleteUntagged', async () => {
    store.image('app', 'config', ['layer']);
    store.layer('app', 'orphan');
    await collectAll({ deleteUntagged: false });
    expect([hasBlob('layer'), hasBlob('orphan')]).toEqual([true, false]);
  });

  test('a revision that is deleted frees its content also without deleteUntagged', async () => {
    const deleted = store.image('app', 'config', ['layer']);
    store.remove(paths.revisionLinkPath('app', deleted.digest));
    await collectAll({ deleteUntagged: false, removeEmptyRepositories: false });
    expect(store.files('/docker')).toEqual([]);
    expect(has(paths.revisionPath('app', deleted.digest))).toBe(false);
  });

  test('the children of a live index, nested ones included', async () => {
    const amd = store.image('app', 'amd', ['amd layer']);
    const arm = store.image('app', 'arm', ['arm layer']);
    const inner = store.index('app', [arm]);
    store.index('app', [amd, inner], { tag: 'multi' });
    await collectAll();
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('children of an index in other media types: a layer, or a manifest that is no revision', async () => {
    const child = store.image('app', 'config', ['layer']);
    const cached = store.layer('app', 'cached layer');
    store.remove(paths.revisionLinkPath('app', child.digest));
    store.index('app', [{ ...cached }, child], { tag: 'cache' });
    await collectAll();
    expect([hasBlob('cached layer'), hasBlob('layer'), hasBlob('config')]).toEqual([true, true, true]);
    expect(problems).toEqual([]);
  });

  test('referrers of live manifests, and theirs; those of dead ones go', async () => {
    const image = store.image('app', 'config', ['layer'], { tag: 'v1' });
    const dead = store.image('app', 'dead', ['dead layer']);
    const signature = store.image('app', 'signature', ['signed'], { subject: image });
    store.image('app', 'note', ['on signature'], { subject: signature });
    store.image('app', 'orphaned', ['signed dead'], { subject: dead });
    store.image('other', 'elsewhere', ['signed elsewhere'], { subject: image });
    await collectAll();
    expect([hasBlob('signed'), hasBlob('on signature')]).toEqual([true, true]);
    expect([hasBlob('signed dead'), hasBlob('signed elsewhere')]).toEqual([false, false]);
  });

  test('referrers of a child of a live index', async () => {
    const child = store.image('app', 'config', ['layer']);
    store.index('app', [child], { tag: 'multi' });
    store.image('app', 'attestation', ['provenance'], { subject: child });
    await collectAll();
    expect(hasBlob('provenance')).toBe(true);
  });

  test('fallback tags of referrers', async () => {
    const image = store.image('app', 'config', ['layer'], { tag: 'v1' });
    const signature = store.image('app', 'signature', ['signed']);
    store.index('app', [signature], { tag: image.digest.replace(':', '-') });
    await collectAll();
    expect(hasBlob('signed')).toBe(true);
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('schema 1 manifests keep their layers', async () => {
    const layer = store.layer('app', 'old layer');
    store.manifest('app', { schemaVersion: 1, fsLayers: [{ blobSum: layer.digest }] }, { tag: 'old' });
    await collectAll();
    expect(hasBlob('old layer')).toBe(true);
  });

  test('a blob that another repository keeps stays; the link of one that does not goes', async () => {
    store.image('alpha', 'config a', ['shared'], { tag: 'v1' });
    store.image('beta', 'config b', ['shared', 'mine'], { tag: 'v1' });
    store.layer('gamma', 'shared');
    store.image('gamma', 'config g', [], { tag: 'v1' });
    await collectAll();
    expect(pullAll(store, ['alpha', 'beta', 'gamma'])).toEqual([]);
    expect(has(paths.layerPath('gamma', digestOf('shared')))).toBe(false);
  });

  test.each([
    ['alpha', 'beta'],
    ['beta', 'alpha'],
  ])(
    'one manifest tagged in %s and untagged in %s keeps its content whatever the order',
    async (tagged, untagged) => {
      const child = store.image(tagged, 'config', ['layer']);
      store.index(tagged, [child], { tag: 'multi' });
      store.image(untagged, 'config', ['layer']);
      store.index(untagged, [child]);
      await collectAll();
      expect(pullAll(store, [tagged])).toEqual([]);
      expect(has(paths.repositoryPath(untagged))).toBe(false);
    },
  );

  test('an alias link of distribution, whose digest differs from its path', async () => {
    const layer = store.blob('layer');
    const alias = `sha512:${'a'.repeat(128)}`;
    store.write(paths.layerLinkPath('app', alias), layer.digest);
    store.manifest('app', { layers: [{ digest: alias, size: 5 }] }, { tag: 'v1' });
    await collectAll();
    expect([hasBlob('layer'), has(paths.layerLinkPath('app', alias))]).toEqual([true, true]);
  });
});

describe('leases', () => {
  test('a young layer link keeps its blob, an old one does not', async () => {
    store.layer('app', 'young', 23 * hour);
    store.layer('app', 'old', 25 * hour);
    await collectAll();
    expect([hasBlob('young'), hasBlob('old')]).toEqual([true, false]);
  });

  test('a young revision keeps all that it refers to, old links included', async () => {
    const child = store.image('app', 'config', ['layer']);
    store.index('app', [child], { age: hour });
    await collectAll();
    expect([hasBlob('layer'), has(paths.layerPath('app', digestOf('layer')))]).toEqual([true, true]);
  });

  test('a time in the future is a lease, one that was ended is none, and minAge 0 turns leases off', async () => {
    store.layer('app', 'future', -5 * hour);
    store.layer('app', 'ended', testNow);
    await collectAll();
    expect([hasBlob('future'), hasBlob('ended')]).toEqual([true, false]);
    await collectAll({ minAge: 0 });
    expect(hasBlob('future')).toBe(false);
  });
});
