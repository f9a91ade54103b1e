import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { digestOf } from '../registry/digest.ts';
import type { GateMode } from '../registry/commit-gate.ts';
import { createAcceptor, type Taker } from './acceptor.ts';
import { entryPath } from './entries.ts';
import { createHandover } from './handover.ts';
import type { Command, Message, Setting } from './protocol.ts';

const gate = (version: number, value: GateMode): Setting<'gate'> => ({ topic: 'gate', version, value });

interface ForkedWorker {
  readonly child: ChildProcess;
  /** What it has told so far. */
  readonly messages: readonly Message[];
  readonly send: (command: Command) => void;
  /** The port whose connections it is given, as soon as it takes them. */
  readonly port: () => Promise<number>;
}

/** A worker of its own. */
function forkWorker(): ForkedWorker {
  const child = fork(entryPath('worker'), []);
  onTestFinished(() => void child.kill('SIGKILL'));
  const messages: Message[] = [];
  const isReady = (): boolean => messages.some(({ type }) => type === 'ready');
  const handover = createHandover({
    isConnected: () => child.connected,
    send: child.send.bind(child),
  });
  child.on('message', (message: Message) => {
    messages.push(message);
    if (message.type === 'taken') handover.taken(message.id);
  });
  const worker: Taker = { serves: true, hand: (socket) => handover.hand(socket) };
  const acceptor = createAcceptor({ workers: () => [worker], patience: 1_000, onError: () => {} });
  onTestFinished(() => acceptor.close());
  return {
    child,
    messages,
    send: (command) => void child.send(command),
    async port() {
      await expect.poll(isReady, { timeout: 10_000 }).toBe(true);
      return Number((await acceptor.listen({ addr: '127.0.0.1:0', net: 'tcp' })).split(':')[1]);
    },
  };
}

/** A `start` that serves an empty store. */
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
  return {
    type: 'start',
    config,
    version: 'test',
    relayKey: '00'.repeat(32),
    ticketKeys: '00'.repeat(48),
    verified: { key: '', fingerprints: [] },
    standby: false,
    settings,
  };
}

it('a setting that comes on the heels of the start holds', async () => {
  const { messages, send, child, port: portOf } = forkWorker();
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
  const port = await portOf();
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
  const { messages, send, port: portOf } = forkWorker();
  await expect.poll(() => messages.length, { timeout: 10_000 }).toBe(1);
  send(startCommand());
  const port = await portOf();
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
  for (let times = 0; times < 2; times++)
    send({ type: 'drain', replaced: true, limits: { rest: 500, patience: 60_000 } });
  const takers = (): unknown[] =>
    messages.flatMap((message) => (message.type === 'report' ? [message.report.takesRequests] : []));
  await expect.poll(() => takers().at(-1)).toBe(false);
  const second = await push();
  expect([first.statusCode, second.statusCode, second.headers['retry-after']]).toEqual([201, 503, '1']);
});
