import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { pullAll } from './pull-fixture.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, digestOf, type StoreFixture } from './store-fixture.ts';

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
    [
      'a revision of an unknown algorithm',
      () => '/docker/registry/v2/repositories/app/_manifests/revisions/blake3/00/link',
      'x',
    ],
  ])('%s: its repository keeps all, the rest is collected', async (_, path, content) => {
    withDeadImages();
    store.write(path(), content);
    await collectAll();
    expectKept();
    expect(has(path())).toBe(true);
  });

  test.each([
    ['a prefix', () => dirname(dirname(paths.blobDataPath(digestOf('layer'))))],
    ['the directory of a blob', () => dirname(paths.blobDataPath(digestOf('layer')))],
  ])('%s that is a symbolic link to nowhere: links to blobs that may lie behind it stay', async (_, path) => {
    withDeadImages();
    const [place, elsewhere] = [join(store.root, path()), join(store.root, 'elsewhere')];
    renameSync(place, elsewhere);
    symlinkSync(join(store.root, 'nowhere'), place);
    await collectAll();
    expect(problems).toEqual([`${path()} is a symbolic link that cannot be followed; no blob is collected`]);
    expect(hasBlob('dead')).toBe(true);
    rmSync(place);
    renameSync(elsewhere, place);
    expect(pullAll(store, ['app', 'other'])).toEqual([]);
  });

  test.each([
    ['the repositories', () => paths.repositoriesRoot],
    ['the blobs', () => paths.blobsRoot],
    ['the manifests of a repository', () => paths.manifestsPath('app')],
    ['a tag', () => paths.tagPath('app', 'v1')],
    ['the current link of a tag', () => paths.tagCurrentLinkPath('app', 'v1')],
    ['the directory of that', () => dirname(paths.tagCurrentLinkPath('app', 'v1'))],
    ['the link of a layer', () => paths.layerLinkPath('app', digestOf('layer'))],
  ])(
    '%s, a symbolic link to nowhere: nothing alive goes, nor what an earlier run has moved',
    async (_, path) => {
      const { digest } = store.image('app', 'again', ['layer again']);
      await collectOnce(store, {});
      store.image('app', 'config', ['layer'], { tag: 'v1' });
      store.tag('app', 'v2', digest);
      const [place, elsewhere] = [join(store.root, path()), join(store.root, 'elsewhere')];
      renameSync(place, elsewhere);
      symlinkSync(join(store.root, 'nowhere'), place);
      await confirmOnce(store, {}).catch(() => {});
      await collectAll().catch(() => {});
      rmSync(place);
      renameSync(elsewhere, place);
      await confirmOnce(store, {});
      expect(pullAll(store, ['app'])).toEqual([]);
    },
  );

  test('a revision whose link leads nowhere keeps what it refers to where the untagged stay', async () => {
    const { digest } = store.image('app', 'untagged', ['its layer']);
    const link = join(store.root, paths.revisionLinkPath('app', digest));
    renameSync(link, join(store.root, 'elsewhere'));
    symlinkSync(join(store.root, 'nowhere'), link);
    await collectAll({ deleteUntagged: false });
    expect(problems).toEqual([
      expect.stringMatching(/^app: .*\/link leads nowhere; it keeps all that it has$/),
    ]);
    expect([has(paths.blobDataPath(digest)), hasBlob('untagged'), hasBlob('its layer')]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('a repository that lies in another one and cannot be reached does not keep what that has', async () => {
    withDeadImages();
    symlinkSync(join(store.root, 'nowhere'), join(store.root, paths.repositoryPath('app/below')));
    await collectAll();
    expect(problems).toEqual([
      expect.stringMatching(/app\/below is a symbolic link .* no blob is collected$/),
    ]);
    expect(has(paths.layerLinkPath('app', digestOf('dead layer')))).toBe(false);
  });

  test('a revision whose link is a symbolic link, for it would stay without its manifest', async () => {
    withDeadImages();
    const dead = readdirSync(join(store.root, paths.revisionsPath('app'), 'sha256'));
    for (const hex of dead) {
      const link = paths.revisionLinkPath('app', `sha256:${hex}`);
      renameSync(join(store.root, link), join(store.root, `link-${hex}`));
      symlinkSync(join(store.root, `link-${hex}`), join(store.root, link));
    }
    await collectAll();
    expect([hasBlob('dead'), hasBlob('other dead')]).toEqual([true, false]);
    expect(problems).toEqual([
      expect.stringMatching(/^app: .*\/link is a symbolic link; it keeps all that it has$/),
      expect.stringMatching(/^app: .*\/link is a symbolic link; it keeps all that it has$/),
    ]);
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

  test.each(['garbage', ''])('a child that is no revision any more and holds %j', async (content) => {
    withDeadImages();
    const child = store.image('app', 'third', ['third layer']);
    store.index('app', [child], { tag: 'index' });
    store.remove(paths.revisionPath('app', child.digest));
    store.write(paths.blobDataPath(child.digest), content);
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

  test.each<Record<string, unknown>>([{ fsLayers: 'x' }, { blobs: 5 }, { blobs: [{ digest: 'x' }] }])(
    'what an image has beyond its form is nothing to a collection: %j',
    async (extra) => {
      withDeadImages();
      store.image('app', 'odd', ['odd layer'], { tag: 'odd', extra });
      await collectAll();
      expect(problems).toEqual([]);
      expect([hasBlob('dead layer'), hasBlob('odd layer')]).toEqual([false, true]);
    },
  );

  test.each<Record<string, unknown>>([{ manifests: null }, {}])('an index of nothing: %j', async (fields) => {
    withDeadImages();
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    store.manifest('app', { mediaType, ...fields }, { tag: 'empty' });
    await collectAll();
    expect([hasBlob('dead layer'), problems]).toEqual([false, []]);
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

  test('a child of a live index that is a revision and whose manifest is missing', async () => {
    withDeadImages();
    const child = store.image('app', 'child', ['child layer']);
    store.index('app', [child], { tag: 'multi' });
    store.remove(paths.blobPath(child.digest));
    await collectAll();
    expectKept();
  });

  test('an index of which only some platforms were copied is no problem', async () => {
    store.index('app', [store.image('elsewhere', 'config', ['layer'])], { tag: 'multi' });
    store.remove(paths.repositoryPath('elsewhere'));
    store.image('app', 'dead', ['dead layer']);
    await collectAll();
    expect([hasBlob('dead layer'), problems]).toEqual([false, []]);
  });

  test('an untagged revision without its manifest goes, and the rest with it', async () => {
    const broken = store.image('app', 'config', ['layer']);
    store.remove(paths.blobPath(broken.digest));
    await collectAll();
    expect(has(paths.repositoryPath('app'))).toBe(false);
  });

  const noAnswer = Object.assign(new Error('EIO'), { code: 'EIO' });

  test.each(['children', 'stat', 'getContent'] as const)(
    'an I/O error of %s ends the run before anything is moved',
    async (method) => {
      withDeadImages();
      const before = store.files();
      // What a survey cannot tell is asked for by itself.
      const failing: StorageDriver = { ...store.driver, survey: async () => [] };
      failing[method] = (path: string): Promise<never> =>
        path.includes('/other/') ? Promise.reject(noAnswer) : (store.driver[method](path) as Promise<never>);
      await expect(collectOnce({ ...store, driver: failing }, {})).rejects.toThrow('EIO');
      expect(store.files()).toEqual(before);
    },
  );

  test('a symbolic link to itself in the place of dead data is left alone', async () => {
    withDeadImages();
    const odd = store.blob('odd');
    store.remove(paths.blobDataPath(odd.digest));
    symlinkSync('data', join(store.root, paths.blobDataPath(odd.digest)));
    await collectAll();
    expect(readdirSync(join(store.root, paths.blobPath(odd.digest)))).toEqual(['data']);
  });

  test('so does one of a survey', async () => {
    withDeadImages();
    const before = store.files();
    const failing: StorageDriver = { ...store.driver, survey: () => Promise.reject(noAnswer) };
    await expect(collectOnce({ ...store, driver: failing }, {})).rejects.toThrow('EIO');
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
    expect([hasBlob('dead layer'), has(paths.layerPath('app', digestOf('dead layer')))]).toEqual([
      true,
      false,
    ]);
  });
});
