import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must, words } from '../support/command.ts';
import { image, multiArch, randomLayer } from '../support/image.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { plainAccess, startServer, type Server } from '../support/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'wharfinger-artifacts-'));
const oras = binaryPath('oras');
let ours: Server;
let other: Server;
let peer: Server;
let client: RegistryClient;

beforeAll(async () => {
  const roots = ['ours', 'other', 'peer'].map((name) => join(folder, name));
  for (const root of roots) mkdirSync(root);
  const [one = '', two = '', three = ''] = roots;
  ours = await startServer({ kind: 'wharfinger', root: one });
  other = await startServer({ kind: 'wharfinger', root: two });
  peer = await startServer({ kind: 'distribution v3', root: three });
  client = new RegistryClient(plainAccess(ours), { plain: true });
});
afterAll(async () => {
  client.close();
  for (const server of [ours, other, peer]) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Discovered {
  readonly digest: string;
  readonly artifactType: string;
}

async function discover(reference: string, ...options: string[]): Promise<Discovered[]> {
  const text = await must(words`${oras} discover --plain-http --format json ${options} ${reference}`);
  const { referrers = [] } = JSON.parse(text) as { referrers?: Discovered[] };
  return referrers;
}

test('B35: oras pushes an artifact, attaches to it, discovers by type, pulls and deletes', async () => {
  const subject = `127.0.0.1:${ours.port}/art/thing:v1`;
  const run = { cwd: folder };
  writeFileSync(join(folder, 'hello.txt'), 'hello');
  writeFileSync(join(folder, 'sbom.json'), '{}');
  await must(words`${oras} push --plain-http --artifact-type example/thing ${subject} hello.txt`, run);
  for (const type of ['example/sbom', 'example/signature'])
    await must(words`${oras} attach --plain-http --artifact-type ${type} ${subject} sbom.json`, run);
  expect((await discover(subject)).map(({ artifactType }) => artifactType).sort()).toEqual([
    'example/sbom',
    'example/signature',
  ]);
  const [sbom] = await discover(subject, '--artifact-type', 'example/sbom');
  expect(sbom?.artifactType).toBe('example/sbom');

  const out = join(folder, 'out');
  await must(words`${oras} pull --plain-http -o ${out} ${subject}`);
  expect(readFileSync(join(out, 'hello.txt'), 'utf8')).toBe('hello');

  const repository = `127.0.0.1:${ours.port}/art/thing`;
  await must(words`${oras} manifest delete --plain-http --force ${repository}@${sbom?.digest ?? ''}`);
  expect((await discover(subject)).map(({ artifactType }) => artifactType)).toEqual(['example/signature']);
});

test('B35: oras and skopeo copy whole images with what refers to them between registries', async () => {
  const both = multiArch(['amd64', 'arm64']);
  await client.pushIndex('app', 'v1', both);
  const source = `127.0.0.1:${ours.port}/app:v1`;
  writeFileSync(join(folder, 'note.txt'), 'note');
  await must(words`${oras} attach --plain-http --artifact-type example/note ${source} note.txt`, {
    cwd: folder,
  });
  const target = `127.0.0.1:${other.port}/copied:v1`;
  await must(words`${oras} cp -r --from-plain-http --to-plain-http ${source} ${target}`);
  expect(await discover(target)).toHaveLength(1);

  const plain = words`--src-tls-verify=false --dest-tls-verify=false`;
  for (const { port } of [other, peer]) {
    const there = `docker://127.0.0.1:${port}/by-skopeo:v1`;
    await must(words`skopeo copy --all ${plain} docker://${source} ${there}`);
    const inspected = JSON.parse(
      await must(words`skopeo inspect --raw --tls-verify=false ${there}`),
    ) as object;
    expect(inspected).toEqual(JSON.parse(both.index.content.toString()));
  }
  // And from the peer to us.
  await must(
    words`skopeo copy --all ${plain} docker://127.0.0.1:${peer.port}/by-skopeo:v1 docker://127.0.0.1:${ours.port}/back:v1`,
  );
  const back = new RegistryClient(plainAccess(ours), { plain: true });
  for (const one of both.images) await back.pull('back', one.manifest.digest, one);
  back.close();
});

test('B35: skopeo inspects and deletes, and an image pushed twice is stored once', async () => {
  const one = image([randomLayer()]);
  await client.push('inspected', 'v1', one);
  await client.push('inspected', 'v2', one);
  const reference = `docker://127.0.0.1:${ours.port}/inspected`;
  const text = await must(words`skopeo inspect --tls-verify=false ${reference}:v1`);
  const inspected = JSON.parse(text) as { Digest: string; RepoTags: string[]; Layers: string[] };
  expect(inspected.Digest).toBe(one.manifest.digest);
  expect(inspected.RepoTags).toEqual(['v1', 'v2']);
  expect(inspected.Layers).toEqual(one.layers.map(({ digest }) => digest));
  await must(words`skopeo delete --tls-verify=false ${reference}:v1`);
  const list = await client.call('GET', '/v2/inspected/tags/list');
  expect((JSON.parse(list.body.toString()) as { tags: string[] }).tags).toEqual([]);
});
