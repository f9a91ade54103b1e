import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { execute, type CommandResult } from '../support/command.ts';
import { randomLayer } from '../support/image.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { createPusher } from './live/pusher.ts';
import { createRandom } from './random.ts';
import { type RegistryProcess, startRegistryProcess } from './registry-process.ts';

const rounds = 3;
const main = resolve('registry-image/src/main.ts');

let directory: string;
let registry: RegistryProcess;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'wharfinger-backups-'));
  registry = await startRegistryProcess();
});
afterEach(async () => {
  await registry.dispose();
  rmSync(directory, { recursive: true });
});

function run(...args: string[]): Promise<CommandResult> {
  return execute([process.execPath, main, ...args]);
}

/** A config of a store that nobody serves. */
function configOf(root: string): string {
  const path = `${root}.yml`;
  const storage = { filesystem: { rootdirectory: root }, delete: { enabled: true } };
  writeFileSync(path, JSON.stringify({ version: 0.1, storage }));
  return path;
}

/** Runs `work` again and again until `ended`. */
async function repeatUntil(ended: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!ended.aborted) await work();
}

test('A20: backups beside pushes, deletions and collections: each restores, beside a collection too, to a store without damage', async () => {
  const served = join(registry.directory, 'config.yml');
  const backup = join(directory, 'backup');
  const access = { host: `127.0.0.1:${registry.port}`, ca: '', username: '', password: '' };
  const client = new RegistryClient(access, { plain: true });
  const layers = [randomLayer(), randomLayer()];
  const repositories = ['one', 'team/two'];
  const pushers = ['a', 'b'].map((name, index) =>
    createPusher({ client, name, repositories, layers, random: createRandom(index + 1) }),
  );
  const end = new AbortController();
  const traffic = pushers.map((pusher) => repeatUntil(end.signal, () => pusher.act()));
  let collections = 0;
  const collecting = repeatUntil(end.signal, async () => {
    const { status, stderr } = await run('garbage-collect', '-q', '-m', '--min-age', '1h', served);
    expect(status, stderr).toBe(0);
    collections += 1;
  });
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const saved = await run('backup', '--to', backup, '--keep', '2', served);
      expect(saved, saved.stderr).toMatchObject({ status: 0, stderr: '' });
      const root = join(directory, `restored-${round}`);
      const config = configOf(root);
      // One that spares nothing for its age, and may begin before there is anything.
      const [restored] = await Promise.all([
        run('restore', '--from', backup, config),
        run('garbage-collect', '-q', config),
      ]);
      expect(restored, restored.stderr).toMatchObject({ status: 0, stderr: '' });
      const verified = await run('verify', config);
      expect(verified.stdout).toContain('; no damage');
      console.info(`${saved.stdout.trim()}; ${verified.stdout.trim()}`);
    }
  } finally {
    end.abort();
    await Promise.all([...traffic, collecting]);
  }
  for (const pusher of pushers) expect(await pusher.check()).toEqual([]);
  expect(Math.min(...pushers.map(({ pushed }) => pushed))).toBeGreaterThan(5);
  expect(collections).toBeGreaterThan(0);
  client.close();
}, 180_000);
