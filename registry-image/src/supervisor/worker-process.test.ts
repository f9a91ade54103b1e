import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { digestOf } from '../registry/digest.ts';
import type { GateMode } from '../registry/commit-gate.ts';
import { entryPath } from './entries.ts';
import type { Command, Message, Setting } from './protocol.ts';

const gate = (version: number, value: GateMode): Setting<'gate'> => ({ topic: 'gate', version, value });

/** A worker of its own, and what it has told so far. */
function forkWorker(): { child: ChildProcess; messages: Message[]; send: (command: Command) => void } {
  const child = fork(entryPath('worker'), []);
  onTestFinished(() => void child.kill('SIGKILL'));
  const messages: Message[] = [];
  child.on('message', (message: Message) => messages.push(message));
  return { child, messages, send: (command) => void child.send(command) };
}

it('a setting that comes on the heels of the start holds', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'worker-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { config } = parseConfig(
    JSON.stringify({
      version: '0.1',
      storage: { filesystem: { rootdirectory: directory } },
      http: { addr: '127.0.0.1:0' },
    }),
    {},
  );
  const { messages, send, child } = forkWorker();
  await expect.poll(() => messages.length, { timeout: 10_000 }).toBe(1);
  // What is sent while it does not look arrives at once.
  child.kill('SIGSTOP');
  const settings: Setting[] = [
    gate(1, 'open'),
    { topic: 'tls', version: 1, value: null },
    { topic: 'htpasswd', version: 1, value: null },
    { topic: 'unhealthy', version: 1, value: {} },
  ];
  send({ type: 'start', config, version: 'test', relayKey: '00'.repeat(32), settings });
  send({ type: 'set', setting: gate(2, 'paused') });
  await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGCONT');
  await expect
    .poll(() => messages)
    .toEqual(expect.arrayContaining([{ type: 'applied', topic: 'gate', version: 2 }]));
  const ready = (): string => messages.find((message) => message.type === 'ready')?.address ?? '';
  await expect.poll(ready).not.toBe('');
  const port = Number(ready().split(':')[1]);
  const digest = digestOf('');
  const push = request({ port, method: 'POST', path: `/v2/a/blobs/uploads/?digest=${digest}` });
  onTestFinished(() => void push.destroy());
  push.on('error', () => {}).end();
  await expect
    .poll(() => {
      send({ type: 'report' });
      return messages.some((message) => message.type === 'report' && message.report.heldWrites === 1);
    })
    .toBe(true);
});
