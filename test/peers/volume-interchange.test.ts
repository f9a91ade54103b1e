import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { execute, must } from '../support/command.ts';
import { image, randomLayer } from '../support/image.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { serverCommand, startServer, writeConfig, type ServerKind } from '../support/server.ts';
import { blobsIn } from '../support/volumes.ts';

const peers: ServerKind[] = ['distribution 2.8.2', 'distribution v3'];
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wharfinger-volume-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function using<T>(kind: ServerKind, work: (client: RegistryClient) => Promise<T>): Promise<T> {
  const server = await startServer({ kind, root });
  const access = { host: `127.0.0.1:${server.port}`, ca: '', username: 'any', password: 'any' };
  const client = new RegistryClient(access, { plain: true });
  try {
    return await work(client);
  } finally {
    client.close();
    await server.stop();
  }
}

describe.each(peers)('B12: one volume, ours and %s', (peer) => {
  test.each<[string, ServerKind, ServerKind]>([
    ['ours, then theirs', 'wharfinger', peer],
    ['theirs, then ours', peer, 'wharfinger'],
  ])('%s: what one wrote the other serves, unchanged, and adds to', async (_, writer, reader) => {
    const first = image([randomLayer(), randomLayer(300_000)]);
    const second = image([first.layers[0] ?? randomLayer(), randomLayer()]);
    await using(writer, (client) => client.push('group/sub/app', 'v1', first));
    await using(reader, async (client) => {
      await client.pull('group/sub/app', 'v1', first);
      await client.pull('group/sub/app', first.manifest.digest, first);
      expect((await client.call('GET', '/v2/_catalog')).body.toString().trim()).toBe(
        '{"repositories":["group/sub/app"]}',
      );
      await client.push('group/sub/app', 'v2', second);
    });
    await using(writer, async (client) => {
      await client.pull('group/sub/app', 'v2', second);
      const tags = JSON.parse(
        (await client.call('GET', '/v2/group/sub/app/tags/list')).body.toString(),
      ) as unknown;
      expect(tags).toEqual({ name: 'group/sub/app', tags: ['v1', 'v2'] });
    });
  });

  test('both collectors find the same blobs dead, on a store that both wrote', async () => {
    const shared = randomLayer();
    const kept = image([shared, randomLayer()]);
    const dead = image([shared, randomLayer()]);
    const untagged = image([randomLayer()]);
    await using('wharfinger', async (client) => {
      await client.push('app', 'kept', kept);
      await client.push('app', 'dead', dead);
    });
    await using(peer, async (client) => {
      await client.push('app', 'moving', untagged);
      await client.push('app', 'moving', kept);
      expect((await client.call('DELETE', `/v2/app/manifests/${dead.manifest.digest}`)).status).toBe(202);
    });
    const theirs = await eligible(peer);
    const ours = await eligible('wharfinger');
    expect(ours.filter((digest) => !theirs.includes(digest))).toEqual([]);
    expect(ours).toEqual(theirs);
    const before = await blobsIn(root);
    await must([
      ...serverCommand('wharfinger'),
      'garbage-collect',
      '-m',
      writeConfig({ kind: 'wharfinger', root }, 5000),
    ]);
    const after = await blobsIn(root);
    expect(after).toEqual(before.filter((digest) => !ours.includes(digest)));
    await using(peer, async (client) => {
      await client.pull('app', 'kept', kept);
      await client.pull('app', 'moving', kept);
      await client.push('app', 'dead', dead);
      await client.pull('app', 'dead', dead);
    });
  });
});

/** Digests that a collector says it would delete, sorted. */
async function eligible(kind: ServerKind): Promise<string[]> {
  const config = writeConfig({ kind, root }, 5000);
  const result = await execute([...serverCommand(kind), 'garbage-collect', '-m', '-d', config]);
  expect(result.status, result.stderr).toBe(0);
  const lines = (result.stdout + result.stderr).matchAll(
    /blob eligible for deletion: (sha256:[0-9a-f]{64})/g,
  );
  return [...new Set([...lines].map((match) => match[1] ?? ''))].sort();
}
