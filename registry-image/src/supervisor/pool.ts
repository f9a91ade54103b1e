import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { createVerifiedCredentials } from '../auth/verified-credentials.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../telemetry/log.ts';
import { allocatorEnvironment } from './allocator.ts';
import { hurriedDrain, lastDrain, replacedDrain } from './drains.ts';
import { entryPath } from './entries.ts';
import { followWorker, type PoolWorker } from './pool-worker.ts';
import type { StorageKeeper } from './storage-keeper.ts';
import type { Command, Message, Setting, Settings, Topic } from './protocol.ts';

export interface PoolOptions {
  readonly config: Config;
  readonly version: string;
  readonly settings: Settings;
  readonly storage: StorageKeeper;
  readonly log: Log;
  /** Where clients connect to. */
  readonly address: string;
  /** A worker came, went, or told something. */
  readonly onChange: () => void;
  readonly onMessage: (worker: PoolWorker, message: Message) => void;
  /** No worker could ever serve; the sentence says why. */
  readonly onHopeless: (sentence: string) => void;
}

export interface Pool {
  readonly workers: readonly PoolWorker[];
  /** Number of restarts asked for; workers of an earlier generation are being replaced. */
  readonly generation: number;
  /** True when as many workers of the newest generation serve as are configured. */
  readonly serving: boolean;
  /** Forks the workers of the next restart, which then stand by until it. */
  prepare(): void;
  /** True when as many workers stand by as are configured. */
  readonly prepared: boolean;
  /** Ends the workers that stand by. */
  dismiss(): void;
  /** Replaces every worker; the old ones drain as the new ones listen. */
  restart(): void;
  /** Gives every worker, also those to come, another value. */
  set<T extends Topic>(topic: T, value: Settings[T]): void;
  /** True when every worker has applied the last value. */
  applied(topic: Topic): boolean;
  /** Asks for reports and waits for them, at most `limit` ms. */
  report(limit: number): Promise<void>;
  /** Drains all, kills those that have not ended within `limit` ms, and resolves when none is left. */
  stop(limit: number): Promise<void>;
}

/**
 * Small heaps: a worker streams bodies, and each piece of one is garbage of 64 KiB that the young generation sees as a few bytes. What it
 * collects later, with 64 uploads, is hundreds of megabytes.
 */
const workerFlags = ['--max-old-space-size=256', '--max-semi-space-size=1'];

const longestBackoff = 10_000;
/** Milliseconds a worker must have lived for its end not to count as one more failure in a row. */
const steadyAfter = 10_000;
/** Failures in a row, before any worker ever served, after which there is no hope. */
const patience = 3;

/** Forks the workers and keeps as many serving as `wharfinger.workers` says. */
export function createPool(options: PoolOptions): Pool {
  const { config, log } = options;
  const size = config.wharfinger.workers;
  const relayKey = randomBytes(32).toString('hex');
  const ticketKeys = randomBytes(48).toString('hex');
  const credentialKey = randomBytes(32);
  const verified = createVerifiedCredentials({ key: credentialKey });
  let workers: PoolWorker[] = [];
  let generation = 0;
  let failures = 0;
  let everServed = false;
  let stopping = false;
  let preparing = false;
  /** Workers that stood by and were not needed: their end is no failure. */
  const dismissed = new WeakSet<PoolWorker>();
  let retry: NodeJS.Timeout | undefined;
  const settings: { [T in Topic]: Setting<T> } = {
    gate: { topic: 'gate', version: 1, value: options.settings.gate },
    tls: { topic: 'tls', version: 1, value: options.settings.tls },
    htpasswd: { topic: 'htpasswd', version: 1, value: options.settings.htpasswd },
    tokenKeys: { topic: 'tokenKeys', version: 1, value: options.settings.tokenKeys },
    unhealthy: { topic: 'unhealthy', version: 1, value: options.settings.unhealthy },
  };

  // Of the listener of relays, the one socket that all workers share: see createAcceptor for what is wrong with Node's default.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const { stdio } = options.storage;
  cluster.setupPrimary({ exec: entryPath('worker'), args: [], execArgv: workerFlags, stdio });

  function fork(standby = false): void {
    const child = cluster.fork(allocatorEnvironment);
    options.storage.serve(child.process);
    const worker = followWorker({
      process: child,
      generation: standby ? generation + 1 : generation,
      start: () => {
        const { version } = options;
        return {
          type: 'start',
          config,
          version,
          relayKey,
          ticketKeys,
          standby,
          verified: { key: credentialKey.toString('hex'), fingerprints: verified.all() },
          settings: Object.values(settings),
        };
      },
      onMessage: (from, message) => {
        options.onMessage(from, message);
        if (message.type === 'ready') ready(from);
        if (message.type === 'verified') share(from, message.fingerprint);
        options.onChange();
      },
      onExit: ended,
    });
    workers.push(worker);
  }

  function ready(worker: PoolWorker): void {
    everServed = true;
    log.info(
      { pid: worker.pid, address: options.address, tls: config.http.tls !== undefined },
      'worker listening',
    );
    reconcile();
  }

  function share(from: PoolWorker, fingerprint: string): void {
    verified.add(fingerprint);
    for (const worker of workers)
      if (worker !== from && worker.started) worker.send({ type: 'verified', fingerprint });
  }

  function ended(worker: PoolWorker, how: string): void {
    workers = workers.filter((other) => other !== worker);
    if (dismissed.has(worker)) return options.onChange();
    if (worker.state.phase === 'draining') {
      log.info({ pid: worker.pid }, 'drained worker ended');
    } else {
      failures = performance.now() - worker.forkedAt > steadyAfter ? 0 : failures + 1;
      if (!everServed && (worker.failure !== undefined || failures >= patience)) {
        if (!stopping) options.onHopeless(worker.failure ?? `no worker could be started: ${how}`);
        stopping = true;
      } else {
        log.error({ pid: worker.pid, how, reason: worker.failure }, 'worker ended unexpectedly');
      }
    }
    reconcile();
    options.onChange();
  }

  function current(): PoolWorker[] {
    return workers.filter(
      (worker) =>
        worker.generation === generation && worker.state.phase !== 'draining' && !dismissed.has(worker),
    );
  }

  function standingBy(): PoolWorker[] {
    return workers.filter((worker) => worker.generation > generation && !dismissed.has(worker));
  }

  function dismissAll(): void {
    for (const worker of standingBy()) {
      dismissed.add(worker);
      worker.kill();
    }
  }

  function isServing(worker: PoolWorker): boolean {
    return worker.state.phase === 'serving';
  }

  /** Those that were replaced must be gone soon: as many will be in their place. */
  function hurry(): void {
    for (const worker of workers) if (worker.state.phase === 'draining') worker.send(hurriedDrain);
  }

  function reconcile(): void {
    if (stopping) return;
    forkMissing();
    // One that cannot even get ready is forked by the restart itself, which has patience with it.
    if (preparing && failures === 0) for (let count = standingBy().length; count < size; count++) fork(true);
    const old = workers.filter(
      (worker) => worker.generation < generation && worker.state.phase !== 'draining',
    );
    const serving = current().filter(isServing).length;
    const surplus = Math.max(0, old.filter(isServing).length + serving - size);
    const leaving = serving >= size ? old : old.filter(isServing).slice(0, surplus);
    for (const worker of leaving) worker.send(replacedDrain);
  }

  function forkMissing(): void {
    if (retry || current().length >= size) return;
    if (failures === 0) {
      while (current().length < size) fork();
      return;
    }
    retry = setTimeout(
      () => {
        retry = undefined;
        if (stopping) return;
        while (current().length < size) fork();
      },
      Math.min(longestBackoff, 100 * 2 ** (failures - 1)),
    );
  }

  function set<T extends Topic>(topic: T, value: Settings[T]): void {
    const setting = { topic, version: settings[topic].version + 1, value } as (typeof settings)[T];
    settings[topic] = setting;
    for (const worker of workers) if (worker.started) worker.send({ type: 'set', setting });
    options.onChange();
  }

  async function report(limit: number): Promise<void> {
    const asked = performance.now();
    const command: Command = { type: 'report' };
    for (const worker of workers) worker.send(command);
    await waitUntil(() => workers.every((worker) => !worker.started || worker.reportedAt >= asked), limit);
  }

  async function stop(limit: number): Promise<void> {
    stopping = true;
    clearTimeout(retry);
    dismissAll();
    for (const worker of workers) worker.send(lastDrain(limit));
    await waitUntil(() => workers.length === 0, limit);
    if (workers.length > 0)
      log.warn({ workers: workers.length }, 'drain time-out over, ending the workers left');
    for (const worker of workers) worker.kill();
    await waitUntil(() => workers.length === 0, 1_000);
  }

  for (let count = 0; count < size; count++) fork();

  return {
    get workers() {
      return workers;
    },
    get generation() {
      return generation;
    },
    get serving() {
      return current().filter(isServing).length >= size;
    },
    prepare() {
      if (preparing) return;
      preparing = true;
      hurry();
      reconcile();
    },
    get prepared() {
      return standingBy().filter((worker) => worker.prepared).length >= size;
    },
    dismiss() {
      preparing = false;
      dismissAll();
    },
    restart() {
      preparing = false;
      hurry();
      for (const worker of standingBy()) worker.send({ type: 'serve' });
      generation++;
      failures = 0;
      clearTimeout(retry);
      retry = undefined;
      reconcile();
    },
    set,
    applied: (topic) =>
      workers.every((worker) => !worker.started || worker.applied[topic] >= settings[topic].version),
    report,
    stop,
  };
}

/** Resolves when `condition` holds, or after `limit` ms. */
async function waitUntil(condition: () => boolean, limit: number): Promise<void> {
  const deadline = performance.now() + limit;
  while (!condition() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
