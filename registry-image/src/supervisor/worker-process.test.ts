import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
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

/** A `start` that serves an empty store on a port of the system's choice. */
function startCommand(): Extract<Command, { type: 'start' }> {
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
  const settings: Setting[] = [
    gate(1, 'open'),
    { topic: 'tls', version: 1, value: null },
    { topic: 'htpasswd', version: 1, value: null },
    { topic: 'unhealthy', version: 1, value: {} },
  ];
  return { type: 'start', config, version: 'test', relayKey: '00'.repeat(32), settings };
}

async function portOf(messages: readonly Message[]): Promise<number> {
  const ready = (): string => messages.find((message) => message.type === 'ready')?.address ?? '';
  await expect.poll(ready, { timeout: 10_000 }).not.toBe('');
  return Number(ready().split(':')[1]);
}

it('a setting that comes on the heels of the start holds', async () => {
  const { messages, send, child } = forkWorker();
  await expect.poll(() => messages.length, { timeout: 10_000 }).toBe(1);
  // What is sent while it does not look arrives at once.
  child.kill('SIGSTOP');
  send(startCommand());
  send({ type: 'set', setting: gate(2, 'paused') });
  await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGCONT');
  await expect
    .poll(() => messages)
    .toEqual(expect.arrayContaining([{ type: 'applied', topic: 'gate', version: 2 }]));
  const port = await portOf(messages);
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

it('a worker that was replaced commits nothing, also when no other can be reached', async () => {
  const { messages, send } = forkWorker();
  await expect.poll(() => messages.length, { timeout: 10_000 }).toBe(1);
  send(startCommand());
  const port = await portOf(messages);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const push = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const path = `/v2/a/blobs/uploads/?digest=${digestOf('')}`;
      const sent = request({ port, method: 'POST', path, agent }, (answer) => {
        answer.resume().once('end', () => resolve(answer));
      });
      sent.on('error', reject).end();
    });
  const first = await push();
  // What it is told twice means the same.
  for (let times = 0; times < 2; times++) send({ type: 'drain', replaced: true, patience: 60_000 });
  const takers = (): unknown[] =>
    messages.flatMap((message) => (message.type === 'report' ? [message.report.takesRequests] : []));
  await expect.poll(() => takers().at(-1)).toBe(false);
  const second = await push();
  expect([first.statusCode, second.statusCode, second.headers['retry-after']]).toEqual([201, 503, '1']);
});
