import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../config/index.ts';
import type { CollectionOptions } from '../config/maintenance.ts';
import { WritesRefusedError } from '../registry/commit-gate.ts';
import type { Digest } from '../registry/digest.ts';
import { type ControlledGate, createCommitGate } from '../registry/gate.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { createJournal } from '../registry/journal.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { pullAll } from './pull-fixture.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, digestOf, hour, type StoreFixture, testNow } from './store-fixture.ts';

/**
 * What the garbage collectors of other registries get wrong, or their registries around them: by the numbers of the issues in which it was
 * told. "distribution" is CNCF distribution, 2.8 and 3.
 */
let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

interface Process {
  readonly registry: Registry;
  readonly gate: ControlledGate;
  readonly pushBlob: (repository: string, content: string) => Promise<Digest>;
  readonly pushImage: (
    repository: string,
    tag: string,
    blobs: readonly [config: string, layer: string],
  ) => Promise<Digest>;
}

/** A process that serves the store, with the cache that config.yml can turn on. */
async function openRegistry(driver: StorageDriver = store.driver): Promise<Process> {
  const yaml = 'version: 0.1\nstorage: {delete: {enabled: true}, cache: {blobdescriptor: inmemory}}';
  const { config } = parseConfig(yaml, { REGISTRY_HTTP_SECRET: 'shared' });
  const journal = createJournal({ driver, process: randomUUID() });
  const gate = createCommitGate({ holdTimeoutMs: 300, limit: 100, journal });
  const registry = await createRegistry({ driver, gate, config });

  async function pushBlob(repository: string, content: string): Promise<Digest> {
    const digest = digestOf(content) as Digest;
    const upload = await registry.uploads.start(repository);
    await registry.uploads.commit(
      await registry.uploads.append(upload, Readable.from([Buffer.from(content)])),
      digest,
    );
    return digest;
  }

  return {
    registry,
    gate,
    pushBlob,
    async pushImage(repository, tag, [config, layer]) {
      await pushBlob(repository, config);
      await pushBlob(repository, layer);
      return putImage(registry, repository, { tag, config, layer });
    },
  };
}

/** PUT of a manifest whose blobs are said to be there. */
async function putImage(
  registry: Registry,
  repository: string,
  { tag, config, layer }: { tag: string; config: string; layer: string },
): Promise<Digest> {
  const [configBlob, layerBlob] = [config, layer].map((text) => ({
    digest: digestOf(text),
    size: text.length,
  }));
  const content = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { ...configBlob, mediaType: 'application/vnd.oci.image.config.v1+json' },
    layers: [{ ...layerBlob, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
  });
  const put = { repository, reference: { tag }, mediaType: manifestType, content: Buffer.from(content) };
  return (await registry.manifests.put(put)).digest;
}

/** A whole run, both marks; returns the problems that it told. */
async function collectAll(given: Partial<CollectionOptions> = {}, now = testNow): Promise<string[]> {
  const problems: string[] = [];
  await collectOnce(store, given, { now, warn: (problem) => void problems.push(problem) });
  await confirmOnce(store, given, { now });
  return problems;
}

function has(path: string): boolean {
  return existsSync(join(store.root, path));
}

function hasBlob(content: string): boolean {
  return has(paths.blobDataPath(digestOf(content)));
}

/** The time at which every lease of what was pushed until now is over. */
function afterLeases(): number {
  return Date.now() + 48 * hour;
}

const deadImage = ['config', 'layer of a dead image'] as const;

describe('caches', () => {
  test.each([
    ['that was started after it, as ours is', true],
    ['that has served before it and goes on', false],
  ])(
    'distribution #1803, #2094, #3743, #4569, #4702: a layer that was collected is unknown to a process %s, and a re-push can be pulled',
    async (_, isNew) => {
      const before = await openRegistry();
      const pushed = await before.pushImage('app', 'v1', deadImage);
      const layer = digestOf(deadImage[1]) as Digest;
      await before.registry.blobs.stat('app', layer, { renewLease: true });
      await before.registry.manifests.get('app', { tag: 'v1' });
      await before.registry.manifests.delete('app', { digest: pushed });
      await collectAll({}, afterLeases());
      const { registry, pushImage } = isNew ? await openRegistry() : before;
      await expect(registry.blobs.stat('app', layer, { renewLease: true })).rejects.toThrow('BLOB_UNKNOWN');
      await expect(registry.manifests.get('app', { digest: pushed })).rejects.toThrow('MANIFEST_UNKNOWN');
      await expect(
        putImage(registry, 'app', { tag: 'v1', config: deadImage[0], layer: deadImage[1] }),
      ).rejects.toThrow('MANIFEST_BLOB_UNKNOWN');
      await pushImage('app', 'v1', deadImage);
      expect(pullAll(store, ['app'])).toEqual([]);
      expect(await registry.blobs.stat('app', layer)).toMatchObject({ size: deadImage[1].length });
    },
  );

  test('distribution #2966: a layer of no bytes is unknown, not served, and a push brings it again', async () => {
    const { registry, pushBlob } = await openRegistry();
    const digest = await pushBlob('app', 'layer');
    store.write(paths.blobDataPath(digest), '');
    await expect(registry.blobs.stat('app', digest, { renewLease: true })).rejects.toThrow('BLOB_UNKNOWN');
    await pushBlob('app', 'layer');
    expect(await registry.blobs.stat('app', digest)).toMatchObject({ size: 5 });
  });
});

describe('what is alive', () => {
  test('distribution #3178, #3004, #2914: the untagged children of a tagged index stay with -m', async () => {
    const children = ['amd64', 'arm64'].map((platform) =>
      store.image('app', platform, [`${platform} layer`]),
    );
    const nested = store.index('app', children);
    store.index('app', [nested], { tag: 'multi' });
    store.image('app', 'dead', ['dead layer']);
    await collectAll({ deleteUntagged: true });
    expect(pullAll(store, ['app'])).toEqual([]);
    expect(hasBlob('dead layer')).toBe(false);
  });

  test.each([
    ['alpha', 'beta'],
    ['beta', 'alpha'],
  ])(
    'distribution, recursion that stops at marked digests: an index tagged in %s keeps all below it, whatever %s has marked',
    async (tagged, untagged) => {
      for (const repository of [tagged, untagged]) {
        const child = store.image(repository, 'config', ['layer']);
        const inner = store.index(repository, [child]);
        // What one repository reaches from here must be reached again, from above, in the other.
        if (repository === untagged) store.tag(repository, 'inner', inner.digest);
        else store.index(repository, [inner], { tag: 'multi' });
      }
      await collectAll();
      expect(pullAll(store, ['alpha', 'beta'])).toEqual([]);
      expect(hasBlob('layer')).toBe(true);
    },
  );

  test('distribution, referrers: signatures and SBOMs of a live image stay with -m, those of a dead one go', async () => {
    const image = store.image('app', 'config', ['layer'], { tag: 'v1' });
    const dead = store.image('app', 'dead', ['dead layer']);
    const signature = store.image('app', 'signature', ['signed'], { subject: image });
    store.image('app', 'sbom', ['bill of materials'], { subject: signature });
    store.image('app', 'other signature', ['signed dead'], { subject: dead });
    await collectAll();
    expect(['signed', 'bill of materials', 'signed dead'].map(hasBlob)).toEqual([true, true, false]);
  });
});

describe('a push under way', () => {
  test('distribution #3045, #2881, #2962: a blob whose manifest is still to come stays', async () => {
    const { registry, pushBlob } = await openRegistry();
    await pushBlob('app', 'config');
    await pushBlob('app', 'layer');
    await collectAll({}, Date.now() + 23 * hour);
    await putImage(registry, 'app', { tag: 'v1', config: 'config', layer: 'layer' });
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test.each<[string, (process: Process, digest: Digest) => Promise<unknown>]>([
    ['a HEAD', ({ registry }, digest) => registry.blobs.stat('app', digest, { renewLease: true })],
    ['a mount', ({ registry }, digest) => registry.blobs.mount('app', digest, 'from')],
    ['a push of the same content', ({ pushBlob }) => pushBlob('app', 'layer')],
  ])('Harbor #23116: %s makes an old blob as new', async (_, reuse) => {
    const process = await openRegistry();
    store.layer('from', 'layer');
    const { digest } = store.layer('app', 'layer');
    await reuse(process, digest as Digest);
    await process.pushBlob('app', 'config');
    await collectAll({}, Date.now() + 23 * hour);
    await putImage(process.registry, 'app', { tag: 'v1', config: 'config', layer: 'layer' });
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('distribution #3045: what is found alive after it was swept is put back before anything is unlinked', async () => {
    const image = store.image('app', 'config', ['layer']);
    await collectOnce(store);
    expect(hasBlob('layer')).toBe(false);
    store.tag('app', 'v1', image.digest);
    expect(await confirmOnce(store)).toMatchObject({ restored: 3, bytesFreed: 0 });
    expect(pullAll(store, ['app'])).toEqual([]);
  });
});

describe('damage', () => {
  test.each<[string, () => void]>([
    ['an empty link file', () => store.write(paths.tagCurrentLinkPath('app', 'broken'), '')],
    ['a repository without _layers', () => store.manifest('bare', { layers: [] }, { tag: 'v1' })],
    [
      'a manifest whose blob is missing',
      () => store.remove(paths.blobPath(store.image('app', 'lost', ['lost layer'], { tag: 'lost' }).digest)),
    ],
  ])('distribution #1960: %s does not end the run', async (_, damage) => {
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    damage();
    store.image('other', 'dead', ['dead layer']);
    await collectAll();
    expect([hasBlob('dead layer'), has(paths.repositoryPath('other')), hasBlob('layer')]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('what is left behind', () => {
  test.each([
    ['alpha', 'beta'],
    ['beta', 'alpha'],
  ])(
    'distribution #3851, #1804: links in _layers go with their images, whatever the order of repositories (%s keeps, %s does not)',
    async (keeps, gives) => {
      store.image(keeps, 'config', ['shared'], { tag: 'v1' });
      store.image(gives, 'config', ['shared', 'own']);
      store.image(gives, 'other', [], { tag: 'v1' });
      await collectAll();
      const links = ['config', 'shared', 'own'].map((content) =>
        has(paths.layerPath(gives, digestOf(content))),
      );
      expect(links).toEqual([false, false, false]);
      expect(pullAll(store, [keeps, gives])).toEqual([]);
    },
  );

  test('distribution #2434, #2314: a repository of which nothing is left leaves the catalog', async () => {
    const { registry, pushImage } = await openRegistry();
    await pushImage('team/gone', 'v1', deadImage);
    await pushImage('team/here', 'v1', ['other config', 'other layer']);
    await registry.manifests.delete('team/gone', { tag: 'v1' });
    await collectAll({}, afterLeases());
    expect(await registry.catalog.list({ limit: 100 })).toMatchObject({ items: ['team/here'] });
    expect(has(paths.repositoryPath('team/gone'))).toBe(false);
  });
});

describe('speed', () => {
  /** The operations on the storage that `work` costs. */
  async function operations(
    driver: StorageDriver,
    work: (driver: StorageDriver) => Promise<unknown>,
  ): Promise<number> {
    let count = 0;
    const counting = new Proxy(driver, {
      get(target, name: keyof StorageDriver) {
        const member = target[name];
        if (typeof member !== 'function') return member;
        return (...given: never[]) => {
          count++;
          return (member as (...given: never[]) => unknown).apply(target, given);
        };
      },
    });
    await work(counting);
    return count;
  }

  function tagged(repository: string, count: number): string {
    for (let index = 0; index < count; index++) {
      const image = store.manifest(repository, { layers: [], annotations: { index } }, { tag: `v${index}` });
      if (index === 0) store.tag(repository, 'first', image.digest);
    }
    return repository;
  }

  test('distribution, -m with 2,000 tags in one repository: ten times the tags cost ten times the operations, not a hundred', async () => {
    const costs: number[] = [];
    for (const count of [30, 300]) {
      store.dispose();
      store = createStoreFixture();
      tagged('app', count);
      costs.push(
        await operations(store.driver, (driver) => collectOnce({ driver }, { deleteUntagged: true })),
      );
    }
    const [few = 0, many = 0] = costs;
    expect(many / few).toBeLessThan(11);
  });

  test('distribution #3525: deleting one manifest among 500 tags reads each tag once, and removes only its own', async () => {
    tagged('app', 500);
    const digest = (
      await store.driver.getContent(paths.tagCurrentLinkPath('app', 'first'))
    ).toString() as Digest;
    const cost = await operations(store.driver, async (driver) => {
      const { registry } = await openRegistry(driver);
      await registry.manifests.delete('app', { digest });
    });
    expect(cost).toBeLessThan(2 * 500 + 100);
    expect([
      has(paths.tagPath('app', 'first')),
      has(paths.tagPath('app', 'v0')),
      has(paths.tagPath('app', 'v1')),
    ]).toEqual([false, false, true]);
  });

  test('distribution #3678: the first page of the catalog costs what it shows, not what there is', async () => {
    for (let index = 0; index < 200; index++)
      store.manifest(`team-${index}/app`, { layers: [] }, { tag: 'v1' });
    const cost = await operations(store.driver, async (driver) => {
      const { registry } = await openRegistry(driver);
      expect((await registry.catalog.list({ limit: 1 })).items).toEqual(['team-0/app']);
    });
    expect(cost).toBeLessThan(20);
  });
});

describe('locks', () => {
  test('distribution #4670: once read-only is entered no layer gets in, also one whose push has begun', async () => {
    const { registry, gate } = await openRegistry();
    const content = 'late layer';
    const upload = await registry.uploads.append(
      await registry.uploads.start('app'),
      Readable.from([Buffer.from(content)]),
    );
    await gate.set('readOnly');
    await expect(registry.uploads.commit(upload, digestOf(content) as Digest)).rejects.toThrow(
      WritesRefusedError,
    );
    expect([hasBlob(content), has(paths.layerLinkPath('app', digestOf(content)))]).toEqual([false, false]);
  });

  test('zot #4235: a mark holds no lock: a repository is written to and read from while it is marked', async () => {
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    const { registry, pushImage } = await openRegistry();
    let pushed: Promise<Digest> | undefined;
    const during: StorageDriver = {
      ...store.driver,
      async children(path) {
        pushed ??= pushImage('app', 'v2', ['config 2', 'layer 2']);
        await pushed;
        await registry.manifests.get('app', { tag: 'v2' });
        return store.driver.children(path);
      },
    };
    await collectOnce({ driver: during }, { dryRun: true });
    expect(pushed).toBeDefined();
    expect(pullAll(store, ['app'])).toEqual([]);
  });
});
