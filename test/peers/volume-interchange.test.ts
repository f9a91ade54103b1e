import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { execute, must } from '../support/command.ts';
import { image, multiArch, randomLayer } from '../support/image.ts';
import { expectStatus, type RegistryClient } from '../support/registry-client.ts';
import { serverCommand, withServer, writeConfig, type ServerKind } from '../support/server.ts';
import { blobsIn } from '../support/volumes.ts';

const peers: ServerKind[] = ['distribution 2.8.2', 'distribution v3'];
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wharfinger-volume-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function using<T>(kind: ServerKind, work: (client: RegistryClient) => Promise<T>): Promise<T> {
  return withServer({ kind, root }, work);
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

  test('our verify finds no damage in what they wrote and deleted, and its repair changes nothing', async () => {
    const kept = image([randomLayer(), randomLayer(300_000)]);
    const gone = image([randomLayer()]);
    const loose = randomLayer();
    await using(peer, async (client) => {
      await client.push('group/app', 'moved', gone);
      await client.push('group/app', 'moved', kept);
      await client.push('group/app', 'gone', gone);
      await client.pushIndex('group/app', 'all', multiArch(['amd64', 'arm64']));
      await client.push('other', 'v1', kept);
      await client.pushBlob('other', loose);
      await client.pushBlob('other', sha512Blob('by another algorithm'));
      for (const path of [`group/app/manifests/${gone.manifest.digest}`, `other/blobs/${loose.digest}`])
        expectStatus(await client.call('DELETE', `/v2/${path}`), 202);
      const begun = expectStatus(await client.call('POST', '/v2/group/app/blobs/uploads/'), 202);
      const headers = { 'Content-Type': 'application/octet-stream' };
      const upload = { headers, body: 'the first part' };
      expectStatus(await client.call('PATCH', begun.headers.location ?? '', upload), 202);
    });
    const before = contentsOf(root);
    for (const options of [[], ['--repair']]) {
      const config = writeConfig({ kind: 'wharfinger', root }, 5000);
      const { status, stdout } = await execute([
        ...serverCommand('wharfinger'),
        'verify',
        ...options,
        config,
      ]);
      expect([options, stdout.trim(), status]).toEqual([
        options,
        expect.stringMatching(
          /^1\d blobs .* 2 repositories, 5 manifests, 3 tags, .* 1 uploads checked; no damage$/,
        ),
        0,
      ]);
    }
    expect(contentsOf(root)).toEqual(before);
    await using(peer, (client) => client.pull('group/app', 'moved', kept));
  });
});

function sha512Blob(text: string): { digest: string; content: Buffer } {
  return {
    digest: `sha512:${createHash('sha512').update(text).digest('hex')}`,
    content: Buffer.from(text),
  };
}

/** Every file and directory of a volume, files with their content. */
function contentsOf(volume: string): string[] {
  const entries = readdirSync(volume, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${entry.isFile() ? readFileSync(path, 'latin1') : ''}`;
    })
    .sort();
}

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
