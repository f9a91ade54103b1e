import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

const type = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry({
    config: { storage: { inmemory: {}, delete: { enabled: true } } },
    maintenance: {},
  });
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

async function pushBlob(text: string): Promise<string> {
  const digest = digestOf(text);
  const path = `/v2/app/blobs/uploads/?digest=${digest}`;
  expect((await registry.call({ method: 'POST', path }, text)).status).toBe(201);
  return digest;
}

async function pushImage(tag: string, layer: string): Promise<void> {
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: await pushBlob('{}'), size: 2 },
    layers: [
      {
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: await pushBlob(layer),
        size: layer.length,
      },
    ],
  });
  const options = { method: 'PUT', path: `/v2/app/manifests/${tag}`, headers: { 'content-type': type } };
  expect((await registry.call(options, manifest)).status).toBe(201);
}

async function blob(text: string): Promise<string | number> {
  // A connection of its own each time, so that both workers are asked.
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      registry.call({ path: `/v2/app/blobs/${digestOf(text)}`, agent: false, ca: registry.agent.options.ca }),
    ),
  );
  const seen = new Set(answers.map((answer) => (answer.status === 200 ? answer.text : answer.status)));
  expect(seen.size).toBe(1);
  return [...seen][0] ?? 0;
}

function maintain(collection: object): void {
  registry.mount('maintenance', { 'collection.json': JSON.stringify(collection) });
}

describe('storage.inmemory', () => {
  it('is one store for all workers, which outlives them, and is collected', async () => {
    await pushImage('v1', 'a layer of an image');
    await pushBlob('a blob of no image');
    expect([await blob('a layer of an image'), await blob('a blob of no image')]).toEqual([
      'a layer of an image',
      'a blob of no image',
    ]);

    const before = (await registry.state()).workers.map(({ pid }) => pid);
    const run = { run: 'memory', attempt: 0 };
    const options = { dryRun: false, deleteUntagged: false, removeEmptyRepositories: true, minAge: 0 };
    const collect = { pod: 'pod-0', options };
    const window = { deadline: new Date(Date.now() + 20_000).toISOString() };
    maintain({ ...run, window, collect });
    await registry.stateUntil(({ collection }) => collection?.phase === 'Swept');
    maintain({ ...run, window, collect, restart: 'memory-0' });
    await registry.stateUntil(({ restart }) => restart?.nonce === 'memory-0' && restart.done);
    maintain({ ...run, collect, restart: 'memory-0', confirm: collect });
    const { collection } = await registry.stateUntil((state) => state.collection?.phase === 'Confirmed');
    expect(collection?.counts).toMatchObject({ blobsDeleted: 1 });

    expect((await registry.state()).workers.map(({ pid }) => pid)).not.toEqual(before);
    expect([await blob('a layer of an image'), await blob('a blob of no image')]).toEqual([
      'a layer of an image',
      404,
    ]);
    expect((await registry.call({ path: '/v2/app/tags/list' })).text).toContain('"v1"');
    expect(readdirSync(join(registry.directory, 'data'))).toEqual([]);
  }, 30_000);

  it('survives workers that are killed', async () => {
    await pushBlob('kept');
    for (const { pid } of (await registry.state()).workers) process.kill(pid, 'SIGKILL');
    await registry.stateUntil(
      ({ workers }) => workers.filter(({ phase }) => phase === 'serving').length === 2,
      15_000,
    );
    const port = Number(/.*"worker listening".* address="127\.0\.0\.1:(\d+)"/s.exec(registry.output())?.[1]);
    const path = `/v2/app/blobs/${digestOf('kept')}`;
    expect((await registry.call({ path, port, agent: false, ca: registry.agent.options.ca })).text).toBe(
      'kept',
    );
  }, 30_000);
});
