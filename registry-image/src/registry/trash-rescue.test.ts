import { expect, test, vi } from 'vitest';
import { parseConfig } from '../config/index.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import * as paths from '../storage/paths.ts';
import { digestOf } from './digest.ts';
import { createCommitGate } from './gate.ts';
import { createRegistry, type Registry } from './index.ts';
import { createJournal } from './journal.ts';
import { mediaTypes } from './manifest-format.ts';

const layer = Buffer.from('layer');
const blob = digestOf(layer);
const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: blob, size: layer.length };
const content = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptor,
    layers: [descriptor],
  }),
);
const digest = digestOf(content);
const files = {
  layerLink: paths.layerLinkPath('app', blob),
  blob: paths.blobDataPath(blob),
  revisionLink: paths.revisionLinkPath('app', digest),
  manifest: paths.blobDataPath(digest),
};

interface Stage {
  readonly driver: StorageDriver;
  readonly gate: ReturnType<typeof createCommitGate>;
  readonly registry: Registry;
  readonly sweep: (...names: (keyof typeof files)[]) => Promise<void>;
  readonly has: (name: keyof typeof files) => Promise<boolean>;
}

/** A registry with a tagged image, of which a sweep can take parts that it must not. */
async function stage(): Promise<Stage> {
  const driver = createMemoryDriver();
  const gate = createCommitGate({
    holdTimeoutMs: 50,
    limit: 10,
    journal: createJournal({ driver, process: 'a' }),
  });
  const { config } = parseConfig('version: 0.1\nstorage: {inmemory: {}}', {});
  const registry = await createRegistry({ driver, gate, config });
  await driver.putContent(files.blob, layer);
  await driver.putContent(files.layerLink, blob);
  await registry.manifests.put({ repository: 'app', reference: { tag: 'v1' }, content });
  return {
    driver,
    gate,
    registry,
    async sweep(...names) {
      for (const name of names) await driver.move(files[name], paths.trashPath('run-1', files[name]));
    },
    has: (name) =>
      driver.stat(files[name]).then(
        () => true,
        () => false,
      ),
  };
}

const everything = Object.keys(files) as (keyof typeof files)[];

test('what a sweep must not have taken is pulled from the trash, and left there for the second mark', async () => {
  const { registry, sweep, has, gate } = await stage();
  await sweep(...everything);
  // A pull does not wait for a window.
  await gate.set('paused');
  expect((await registry.manifests.get('app', { tag: 'v1' })).content).toEqual(content);
  const found = await registry.blobs.stat('app', blob);
  expect(await registry.blobs.read(found, { start: 0, end: found.size - 1 })).toEqual(layer);
  for (const name of everything) expect(await has(name)).toBe(false);
});

test('a blob that is swept between two looks at it is read all the same', async () => {
  const { registry, sweep } = await stage();
  const found = await registry.blobs.stat('app', blob);
  await sweep('blob');
  expect(await registry.blobs.read(found, { start: 1, end: 2 })).toEqual(Buffer.from('ay'));
});

test('a HEAD that promises a blob brings it back', async () => {
  const { registry, sweep, has } = await stage();
  await sweep(...everything);
  await registry.blobs.stat('app', blob, { renewLease: true });
  expect([await has('layerLink'), await has('blob'), await has('manifest')]).toEqual([true, true, false]);
});

test('a HEAD that promises a manifest brings it back with all below it', async () => {
  const { registry, sweep, has } = await stage();
  await sweep(...everything);
  await registry.manifests.get('app', { digest }, { renewLease: true });
  for (const name of everything) expect(await has(name)).toBe(true);
});

test('a HEAD promises no manifest that is no longer whole', async () => {
  const { registry, driver, sweep, has } = await stage();
  await sweep(...everything);
  await driver.delete(paths.trashPath('run-1', files.blob));
  const head = registry.manifests.get('app', { digest }, { renewLease: true });
  await expect(head).rejects.toThrow('MANIFEST_UNKNOWN');
  expect(await has('revisionLink')).toBe(false);
});

test('the link of a manifest whose data is nowhere any more is left where it is: it would show what cannot be pulled', async () => {
  const { registry, driver, sweep, has } = await stage();
  const child = { mediaType: mediaTypes.ociManifest, digest, size: content.length };
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [child] };
  await sweep(...everything);
  // The second mark takes it while the index is being pushed.
  const touch = driver.touch.bind(driver);
  vi.spyOn(driver, 'touch').mockImplementation(async (path, time) => {
    if (path === paths.trashPath('run-1', files.manifest)) await driver.delete(path);
    await touch(path, time);
  });
  const put = registry.manifests.put({
    repository: 'app',
    reference: { tag: 'index' },
    content: Buffer.from(JSON.stringify(index)),
  });
  await expect(put).rejects.toThrow('MANIFEST_BLOB_UNKNOWN');
  expect(await has('revisionLink')).toBe(false);
});

test('an index brings back its children, with all below them', async () => {
  const { registry, driver, sweep, has } = await stage();
  const child = { mediaType: mediaTypes.ociManifest, digest, size: content.length };
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [child] };
  const request = {
    repository: 'app',
    reference: { tag: 'index' },
    content: Buffer.from(JSON.stringify(index)),
  };
  await sweep(...everything);
  await registry.manifests.put(request);
  for (const name of everything) expect(await has(name)).toBe(true);
  await sweep('blob');
  await driver.delete(paths.trashPath('run-1', files.blob));
  await sweep('revisionLink');
  await expect(registry.manifests.put(request)).rejects.toThrow('MANIFEST_BLOB_UNKNOWN');
});

test('a HEAD in a window that lasts too long answers from the trash', async () => {
  const { registry, sweep, has, gate } = await stage();
  await sweep(...everything);
  await gate.set('paused');
  expect((await registry.blobs.stat('app', blob, { renewLease: true })).size).toBe(layer.length);
  expect(await has('blob')).toBe(false);
});

test('a manifest whose references were swept brings them back', async () => {
  const { registry, sweep, has } = await stage();
  await sweep('layerLink', 'blob');
  await registry.manifests.put({ repository: 'app', reference: { tag: 'v2' }, content });
  expect([await has('layerLink'), await has('blob')]).toEqual([true, true]);
});

test('also when the sweep takes the first of all only then', async () => {
  const { registry, driver, sweep, has } = await stage();
  const children = driver.children.bind(driver);
  vi.spyOn(driver, 'children').mockImplementationOnce(async (path) => {
    const found = await children(path).catch(() => []);
    await sweep('layerLink', 'blob');
    return found;
  });
  await registry.manifests.put({ repository: 'app', reference: { tag: 'v2' }, content });
  expect([await has('layerLink'), await has('blob')]).toEqual([true, true]);
});

test('an upload whose blob is swept at the moment of its commit brings it back', async () => {
  const { registry, driver, has } = await stage();
  const other = Buffer.from('other');
  const upload = await registry.uploads.start('app');
  const { Readable } = await import('node:stream');
  const whole = await registry.uploads.append(upload, Readable.from([other]));
  const path = paths.blobDataPath(digestOf(other));
  const putContent = driver.putContent.bind(driver);
  vi.spyOn(driver, 'putContent').mockImplementation(async (to, text) => {
    await putContent(to, text);
    if (to === paths.layerLinkPath('app', digestOf(other)))
      await driver.move(path, paths.trashPath('run-1', path));
  });
  await registry.uploads.commit(whole, digestOf(other));
  expect((await driver.getContent(path)).toString()).toBe('other');
  expect(await has('blob')).toBe(true);
});

test('a tag that a rule took stays away, and what is nowhere is unknown', async () => {
  const { registry, driver } = await stage();
  const tag = paths.tagPath('app', 'v1');
  await driver.move(tag, paths.trashPath('run-1', tag));
  await expect(registry.manifests.get('app', { tag: 'v1' })).rejects.toThrow('MANIFEST_UNKNOWN');
  await expect(registry.blobs.stat('app', digestOf('no such blob'))).rejects.toThrow('BLOB_UNKNOWN');
});

test('what the second mark puts back between two looks is found', async () => {
  const { registry, driver, sweep } = await stage();
  await sweep('layerLink');
  const children = driver.children.bind(driver);
  vi.spyOn(driver, 'children').mockImplementation(async (path) => {
    const found = await children(path);
    if (path === paths.trashRoot)
      await driver.move(paths.trashPath('run-1', files.layerLink), files.layerLink).catch(() => {});
    return found;
  });
  expect((await registry.blobs.stat('app', blob)).size).toBe(layer.length);
});

test('where there is no trash, a miss costs one look for it', async () => {
  const { registry, driver } = await stage();
  const children = vi.spyOn(driver, 'children');
  await expect(registry.blobs.stat('app', digestOf('no such blob'))).rejects.toThrow('BLOB_UNKNOWN');
  expect(children.mock.calls).toEqual([[paths.trashRoot]]);
});
