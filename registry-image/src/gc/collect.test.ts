import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import * as paths from '../storage/paths.ts';
import { collect } from './collect.ts';
import { confirm } from './confirm.ts';
import type { Progress } from './counts.ts';
import { pullAll } from './pull-fixture.ts';
import { createStoreFixture, digestOf, hour, type StoreFixture, testNow } from './store-fixture.ts';

let store: StoreFixture;
let problems: string[];
beforeEach(() => {
  store = createStoreFixture();
  problems = [];
});
afterEach(() => store.dispose());

/** A whole run with deleteUntagged, both marks. */
async function collectAll(given: Partial<CollectionOptions> = {}): Promise<CollectionCounts> {
  const run = {
    driver: store.driver,
    options: CollectionOptions.parse({ deleteUntagged: true, ...given }),
    now: testNow,
    report: () => {},
    signal: new AbortController().signal,
    warn: (problem: string) => void problems.push(problem),
  };
  const counts = await collect({ ...run, trash: 'run-0' });
  problems = [];
  return { ...counts, ...(await confirm({ ...run, report: () => {} })), ...(await warnings(run)) };
}

async function warnings(run: Omit<Parameters<typeof collect>[0], 'trash'>): Promise<object> {
  problems = [];
  await collect({ ...run, trash: 'again', options: { ...run.options, dryRun: true } });
  return {};
}

function hasBlob(content: string): boolean {
  return existsSync(join(store.root, paths.blobDataPath(digestOf(content))));
}

function has(path: string): boolean {
  return existsSync(join(store.root, path));
}

describe('what is alive', () => {
  test('a tagged image with config and layers; an untagged one goes with what it alone refers to', async () => {
    store.image('app', 'config 1', ['shared', 'only 1'], { tag: 'v1' });
    const dead = store.image('app', 'config 2', ['shared', 'only 2']);
    const counts = await collectAll();
    expect(pullAll(store, ['app'])).toEqual([]);
    expect([hasBlob('shared'), hasBlob('only 1'), hasBlob('only 2'), hasBlob('config 2')]).toEqual([true, true, false, false]);
    expect(has(paths.revisionPath('app', dead.digest))).toBe(false);
    expect(has(paths.layerPath('app', digestOf('only 2')))).toBe(false);
    const bytes = dead.size + 'config 2'.length + 'only 2'.length;
    expect(counts).toEqual({
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
  ])('one manifest tagged in %s and untagged in %s keeps its content whatever the order', async (tagged, untagged) => {
    const child = store.image(tagged, 'config', ['layer']);
    store.index(tagged, [child], { tag: 'multi' });
    store.image(untagged, 'config', ['layer']);
    store.index(untagged, [child]);
    await collectAll();
    expect(pullAll(store, [tagged])).toEqual([]);
    expect(has(paths.repositoryPath(untagged))).toBe(false);
  });

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

describe('unknown is alive', () => {
  /** A repository with one dead image, which only stays when the repository keeps all that it has. */
  function withDeadImages(): void {
    store.image('app', 'dead', ['dead layer']);
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    store.image('other', 'config', ['layer'], { tag: 'v1' });
    store.image('other', 'other dead', ['other dead layer']);
  }

  function expectKept(): void {
    expect([hasBlob('dead'), hasBlob('dead layer')]).toEqual([true, true]);
    expect([hasBlob('other dead'), hasBlob('other dead layer')]).toEqual([false, false]);
    expect(has(paths.layerLinkPath('app', digestOf('dead layer')))).toBe(true);
    expect(problems).toHaveLength(1);
  }

  test.each([
    ['an empty tag link', () => paths.tagCurrentLinkPath('app', 'v2'), ''],
    ['a damaged tag link', () => paths.tagCurrentLinkPath('app', 'v2'), 'garbage'],
    ['an empty revision link', () => paths.revisionLinkPath('app', digestOf('x')), ''],
    ['a revision link to something else', () => paths.revisionLinkPath('app', digestOf('x')), digestOf('y')],
    ['an empty layer link', () => paths.layerLinkPath('app', digestOf('x')), ''],
    ['a revision of an unknown algorithm', () => '/docker/registry/v2/repositories/app/_manifests/revisions/blake3/00/link', 'x'],
  ])('%s: its repository keeps all, the rest is collected', async (_, path, content) => {
    withDeadImages();
    store.write(path(), content);
    await collectAll();
    expectKept();
    expect(has(path())).toBe(true);
  });

  test('a link that cannot be read', async () => {
    withDeadImages();
    mkdirSync(join(store.root, paths.tagCurrentLinkPath('app', 'v2')), { recursive: true });
    await collectAll();
    expectKept();
  });

  test.each([
    ['truncated', '{"schemaVersion":2,'],
    ['empty', ''],
    ['other than its digest says', '{"layers":[]}'],
  ])('a manifest that is %s', async (_, content) => {
    withDeadImages();
    const damaged = store.image('app', 'third', ['third layer']);
    store.write(paths.blobDataPath(damaged.digest), content);
    await collectAll();
    expectKept();
    expect(hasBlob('third layer')).toBe(true);
  });

  test('a manifest of a form that is not known', async () => {
    withDeadImages();
    store.manifest('app', { novelty: [digestOf('dead')] });
    await collectAll();
    expectKept();
  });

  test('a tag whose manifest is missing is reported, keeps, and ends nothing', async () => {
    withDeadImages();
    store.tag('app', 'gone', digestOf('gone'));
    await collectAll();
    expectKept();
    expect(has(paths.tagCurrentLinkPath('app', 'gone'))).toBe(true);
  });

  test('a tag whose revision link is missing keeps what its manifest refers to', async () => {
    const image = store.image('app', 'config', ['layer'], { tag: 'v1' });
    store.remove(paths.revisionLinkPath('app', image.digest));
    await collectAll();
    expect([hasBlob('config'), hasBlob('layer')]).toEqual([true, true]);
  });

  test('an untagged revision without its manifest goes, and the rest with it', async () => {
    const broken = store.image('app', 'config', ['layer']);
    store.remove(paths.blobPath(broken.digest));
    await collectAll();
    expect(has(paths.repositoryPath('app'))).toBe(false);
  });

  test.each(['list', 'stat', 'getContent'] as const)('an I/O error of %s ends the run before anything is moved', async (method) => {
    withDeadImages();
    const before = store.files();
    const failing = { ...store.driver };
    failing[method] = (path: string): Promise<never> =>
      path.includes('/other/') ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : (store.driver[method](path) as Promise<never>);
    await expect(
      collect({
        driver: failing,
        options: CollectionOptions.parse({ deleteUntagged: true }),
        trash: 'run-0',
        now: testNow,
        report: () => {},
        signal: new AbortController().signal,
      }),
    ).rejects.toThrow('EIO');
    expect(store.files()).toEqual(before);
  });

  test('a repository without _layers, and one with nothing but _layers', async () => {
    const bare = store.manifest('bare', { layers: [] }, { tag: 'v1' });
    store.layer('layers-only', 'orphan');
    await collectAll();
    expect(has(paths.revisionLinkPath('bare', bare.digest))).toBe(true);
    expect(has(paths.repositoryPath('layers-only'))).toBe(false);
  });

  test('a repository behind a symbolic link keeps all; what it leads to is not touched', async () => {
    withDeadImages();
    const elsewhere = createStoreFixture();
    try {
      const path = elsewhere.image('moved', 'dead', ['dead layer']) && paths.repositoryPath('moved');
      symlinkSync(join(elsewhere.root, path), join(store.root, paths.repositoryPath('linked')));
      await collectAll();
      expect([hasBlob('dead'), hasBlob('dead layer')]).toEqual([true, true]);
      expect(pullAll(store, ['app'])).toEqual([]);
      expect(elsewhere.files(path)).toHaveLength(3);
    } finally {
      elsewhere.dispose();
    }
  });

  test('a symbolic link to nothing may hide a repository: no blob goes', async () => {
    withDeadImages();
    symlinkSync('/nowhere', join(store.root, paths.repositoryPath('unmounted')));
    await collectAll();
    expect([hasBlob('dead layer'), has(paths.layerPath('app', digestOf('dead layer')))]).toEqual([true, false]);
  });
});

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
    expect([has(paths.repositoryPath('team/app')), has(paths.repositoryPath('team/live'))]).toEqual([false, true]);
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
    upload('gone', 'stale', 8);
    expect(await collectAll()).toMatchObject({ repositoriesRemoved: 1 });
    expect([has(paths.uploadPath('app', 'stale')), has(paths.uploadPath('app', 'running'))]).toEqual([false, true]);
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

describe('a run', () => {
  test('a dry run changes nothing and counts the same', async () => {
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    store.image('gone', 'dead', ['layer', 'dead layer']);
    const before = store.files();
    const { bytesFreed, ...dry } = await collectAll({ dryRun: true });
    expect(store.files()).toEqual(before);
    expect(bytesFreed).toBe(0);
    expect(await collectAll()).toMatchObject(dry);
  });

  test('touched is reported before the first move and never when nothing moves', async () => {
    const seen: [Progress['phase'], boolean, number][] = [];
    const run = (): Promise<unknown> =>
      collect({
        driver: store.driver,
        options: CollectionOptions.parse({}),
        trash: 'run-0',
        now: testNow,
        report: ({ phase, touched }) => void seen.push([phase, touched, store.files().length]),
        signal: new AbortController().signal,
      });
    await run();
    expect(seen.some(([, touched]) => touched)).toBe(false);
    seen.length = 0;
    store.layer('app', 'orphan');
    await run();
    expect(seen.find(([, touched]) => touched)).toEqual(['Sweeping', true, 2]);
    expect(seen.at(-1)?.slice(0, 2)).toEqual(['Swept', true]);
    expect(store.files()).toEqual(store.files('/.wharfinger/trash/run-0'));
  });

  test('the trash must have a plain name, and one that is used gets a suffix', async () => {
    const run = (trash: string): Promise<unknown> =>
      collect({
        driver: store.driver,
        options: CollectionOptions.parse({}),
        trash,
        now: testNow,
        report: () => {},
        signal: new AbortController().signal,
      });
    await expect(run('../up')).rejects.toThrow('cannot name');
    store.layer('app', 'orphan');
    await run('run-0');
    store.layer('app', 'orphan');
    await run('run-0');
    expect(store.files('/.wharfinger/trash/run-0.2')).toHaveLength(2);
  });

  test('what was swept can be pushed again', async () => {
    store.image('app', 'config', ['layer']);
    await collectAll();
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    expect(pullAll(store, ['app'])).toEqual([]);
    await collectAll();
    expect(pullAll(store, ['app'])).toEqual([]);
  });
});
