import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { entryPath } from './entries.ts';
import type { Command } from './protocol.ts';

/**
 * A supervisor that ends while its worker, held up, has an answer to read that makes it write: what it listens with. Tells the
 * worker's pid.
 */
const supervisor = `
  import cluster from 'node:cluster';
  const { entry, start } = JSON.parse(process.env.JOB);
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: entry, args: [], execArgv: [] });
  const worker = cluster.fork();
  worker.on('message', ({ type }) => type === 'loaded' && worker.send(start));
  worker.process.prependListener('internalMessage', ({ act }) => {
    if (act !== 'queryServer') return;
    process.kill(worker.process.pid, 'SIGSTOP');
    setImmediate(() => process.stdout.write(String(worker.process.pid), () => process.exit()));
  });
`;

it('a worker whose supervisor is gone ends without a word', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orphan-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { config } = parseConfig(
    JSON.stringify({ version: '0.1', storage: { filesystem: { rootdirectory: directory } } }),
    {},
  );
  const start: Command = {
    type: 'start',
    config,
    version: 'test',
    relayKey: '00'.repeat(32),
    ticketKeys: '00'.repeat(48),
    verified: { key: '', fingerprints: [] },
    standby: false,
    settings: [
      { topic: 'gate', version: 1, value: 'open' },
      { topic: 'tls', version: 1, value: null },
    ],
  };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', supervisor], {
    env: { JOB: JSON.stringify({ entry: entryPath('worker'), start }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Both have these streams, so they end with the last of them.
  const [words, complaints] = [text(child.stdout), text(child.stderr)];
  const [pid] = (await once(child.stdout, 'data')) as [Buffer];
  onTestFinished(() => {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  });
  await once(child, 'exit');
  process.kill(Number(pid), 'SIGCONT');
  expect([await words, await complaints]).toEqual([pid.toString(), '']);
});
