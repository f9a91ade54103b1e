import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type RegistryUnderTest,
  startRegistry,
} from '../../registry-image/src/supervisor/registry-under-test.ts';
import { createRun } from '../../registry-image/src/supervisor/run-under-test.ts';
import { blobDataPath, sweepsRoot } from '../../registry-image/src/storage/paths.ts';
import { createSmallVolume, type SmallVolume } from './disk/small-volume.ts';
import { prepareBlockVolumes } from './durability/block-volume.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

let volume: SmallVolume;
let registry: RegistryUnderTest;
beforeAll(prepareBlockVolumes);
beforeEach(async () => {
  volume = await createSmallVolume(64 * 1024 * 1024);
  registry = await startRegistry({
    config: { storage: { filesystem: { rootdirectory: volume.path }, delete: { enabled: true } } },
  });
});
afterEach(async () => {
  await registry.stop();
  await volume.remove();
});

interface Pushed {
  readonly layer: string;
  readonly manifest: string;
}

/** Pushes an image with one layer of half a MiB of text. */
async function push(reference?: string): Promise<Pushed> {
  const layer = randomBytes(256 * 1024).toString('hex');
  const path = `/v2/app/blobs/uploads/?digest=${digestOf(layer)}`;
  const pushed = await registry.call(
    { method: 'POST', path, headers: { 'content-length': layer.length } },
    layer,
  );
  expect(pushed.status).toBe(201);
  const config = {
    mediaType: 'application/vnd.oci.empty.v1+json',
    digest: digestOf(layer),
    size: layer.length,
  };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: [] });
  const put = await registry.call(
    {
      method: 'PUT',
      path: `/v2/app/manifests/${reference ?? digestOf(manifest)}`,
      headers: { 'content-type': manifestType },
    },
    manifest,
  );
  expect(put.status).toBe(201);
  return { layer: digestOf(layer), manifest: digestOf(manifest) };
}

async function pulls({ layer, manifest }: Pushed): Promise<boolean> {
  for (const path of [`/v2/app/manifests/${manifest}`, `/v2/app/blobs/${layer}`]) {
    const { status, text } = await registry.call({ path, headers: { accept: manifestType } });
    if (status !== 200 || digestOf(text) !== path.split('/').at(-1)) return false;
  }
  return true;
}

const has = ({ layer }: Pushed): boolean => existsSync(join(volume.path, blobDataPath(layer)));

async function prepare(): Promise<{ kept: Pushed; dead: Pushed[] }> {
  const kept = await push('v1');
  const dead: Pushed[] = [];
  for (let number = 0; number < 12; number++) dead.push(await push());
  return { kept, dead };
}

/** Writes are given back, and whatever was kept pulls and can be pushed. */
async function expectOrder(kept: Pushed): Promise<void> {
  await createRun(registry, { run: 'over' }).order('over');
  await registry.stateUntil(({ writes }) => writes === 'open', 30_000);
  expect(await pulls(kept)).toBe(true);
}

describe('a collection on a storage that fails', () => {
  it('that is full before the mark: it says so or it makes room, and loses nothing', async () => {
    const { kept, dead } = await prepare();
    const empty = volume.fill();
    const run = createRun(registry, { run: 'full' });
    await run.order('mark');
    const { collection, writes } = await run.ended();
    console.info(`full before the mark: ${collection?.phase} ${collection?.message ?? ''}`);
    expect(writes).toBe('open');
    if (collection?.phase === 'Failed') expect(collection.message).toContain('the storage is full');
    expect(dead.filter((one) => !has(one))).toEqual([]);
    await expectOrder(kept);
    empty();
    const confirmed = await createRun(registry, { run: 'after' }).whole();
    expect(confirmed.collection?.counts.blobsDeleted).toBe(24);
    expect([dead.some(has), await pulls(kept), await pulls(await push('v2'))]).toEqual([false, true, true]);
  });

  it('that is full from the mark on: it makes room all the same', async () => {
    const { kept, dead } = await prepare();
    const run = createRun(registry, { run: 'full' });
    await run.order('mark');
    expect((await run.ended()).collection?.phase).toBe('Marked');
    const empty = volume.fill();
    await expect(push('refused')).rejects.toThrow();
    const confirmed = await run.whole();
    expect(confirmed.collection?.counts.bytesFreed).toBeGreaterThan(12 * 512 * 1024);
    expect(readdirSync(join(volume.path, sweepsRoot))).toEqual([]);
    expect([dead.some(has), await pulls(kept), await pulls(await push('v2'))]).toEqual([false, true, true]);
    empty();
  });

  it('that becomes read-only in the window: it says so, writes are given back, and nothing is lost', async () => {
    const { kept, dead } = await prepare();
    const run = createRun(registry, { run: 'frozen' });
    await run.order('mark');
    await run.ended();
    await run.order('window');
    await registry.stateUntil(({ writes }) => writes === 'paused', 30_000);
    const thaw = await volume.freeze();
    await run.order('sweep');
    const { collection } = await run.ended();
    expect(collection).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('the storage is read-only'),
    });
    await run.order('restart');
    await registry.stateUntil(({ restart }) => restart?.done === true, 30_000);
    await run.order('open');
    await registry.stateUntil(({ writes }) => writes === 'open', 30_000);
    expect(await pulls(kept)).toBe(true);
    await thaw();
    await expectOrder(kept);
    await createRun(registry, { run: 'after' }).whole();
    expect([dead.some(has), await pulls(kept), await pulls(await push('v2'))]).toEqual([false, true, true]);
  });
});
