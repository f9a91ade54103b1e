import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createStoreFixture, type StoreFixture } from '../gc/store-fixture.ts';
import { blobDataPath, layerLinkPath } from '../storage/paths.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...argv: string[]): Promise<Ended> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'verify', ...argv], { env: {} });
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

function makeStore(validation: object = {}): { store: StoreFixture; config: string } {
  const store = createStoreFixture();
  const directory = mkdtempSync(join(tmpdir(), 'verify-command-'));
  onTestFinished(() => {
    store.dispose();
    rmSync(directory, { recursive: true });
  });
  const config = join(directory, 'config.yml');
  const storage = { filesystem: { rootdirectory: store.root } };
  writeFileSync(config, JSON.stringify({ version: 0.1, storage, validation }));
  return { store, config };
}

it('exits 0 when all is well, 3 when it is not, 0 when all is repaired', async () => {
  const { store, config } = makeStore();
  store.image('a', 'one', ['layer'], { tag: 'latest' });
  const clean = await run(config);
  expect([clean.code, clean.stderr]).toEqual([0, '']);
  expect(clean.stdout).toMatch(/^3 blobs \(\d+ bytes\), 1 repositories, .* checked; no damage\n$/);

  const { digest } = store.layer('a', 'layer');
  const link = layerLinkPath('a', digest);
  store.write(link, '');
  const found = await run(config);
  expect([found.code, found.stdout.split('\n')[0]]).toEqual([3, `layer-link-content ${link}: it is empty`]);
  expect(found.stdout).toContain('; 1 damages found\n');
  const repaired = await run('--repair', config);
  expect([repaired.code, repaired.stdout.split('\n')[0]]).toEqual([
    0,
    `layer-link-content ${link}: it is empty [repaired]`,
  ]);
  expect((await run(config)).code).toBe(0);
});

it('prints JSON, one object a line, and exits 3 when something was set aside', async () => {
  const { store, config } = makeStore();
  const { digest } = store.layer('a', 'layer');
  store.write(blobDataPath(digest), 'LAYER');
  const { code, stdout } = await run('--json', '--repair', config);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(code).toBe(3);
  expect(lines[0]).toEqual({
    damage: 'blob-content',
    path: blobDataPath(digest),
    digest,
    detail: expect.stringMatching(/^its content is sha256:[0-9a-f]{64}$/) as string,
    action: 'set-aside',
    where: expect.stringMatching(
      new RegExp(`^/\\.wharfinger/set-aside/\\d{8}T\\d{6}Z-[0-9a-f]{6}${blobDataPath(digest)}$`),
    ) as string,
  });
  expect(lines.at(-1)).toMatchObject({ summary: { blobs: 1, damages: { 'set-aside': 2, left: 0 } } });
});

it('misses no child of an index where the config lets indexes be sparse', async () => {
  for (const [validation, code] of [
    [{}, 3],
    [{ manifests: { indexes: { platforms: 'none' } } }, 0],
    [{ disabled: true }, 0],
  ] as const) {
    const { store, config } = makeStore(validation);
    const child = store.image('a', 'one', ['layer']);
    store.index('a', [child, { digest: `sha256:${'0'.repeat(64)}`, size: 7 }], { tag: 'all' });
    expect([validation, (await run(config)).code]).toEqual([validation, code]);
  }
});

it('exits 1 when there is no storage, and 2 for a wrong command line', async () => {
  const { store, config } = makeStore();
  store.dispose();
  expect(await run(config)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'failed to verify: the root directory of the storage does not exist\n',
  });
  const wrong = await run('a.yml', 'b.yml');
  expect([wrong.code, wrong.stderr.split('\n')[0]]).toEqual([
    2,
    'Error: one config file is expected, but 2 were given: a.yml, b.yml',
  ]);
  expect((await run('--fix')).code).toBe(2);
  expect(await run('--help')).toMatchObject({ code: 0, stderr: '' });
});
