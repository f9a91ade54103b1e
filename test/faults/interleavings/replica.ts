import type { StorageDriver } from '../../../registry-image/src/storage/driver.ts';
import type { Config } from '../../../registry-image/src/config/schema.ts';
import type { ControlledGate } from '../../../registry-image/src/registry/gate.ts';
import type { Registry } from '../../../registry-image/src/registry/index.ts';
import type { Process, Scheduler } from './scheduler.ts';
import type { Subject } from './subject.ts';

/** The process that a request was sent to has been killed. */
export class LostError extends Error {}

/** One serving process and those before it that have something to finish. */
export interface Replica {
  readonly clock: number;
  /** Sends a request to the process that takes requests now. @throws LostError */
  request<T>(client: string, work: (registry: Registry) => Promise<T>): Promise<T>;
  /** Ends what killed processes had begun, as a process does once a minute. @throws LostError, WritesRefusedError */
  removeLeftovers(): Promise<void>;
  /** Sets every gate of the replica; resolves when it holds. */
  set(mode: 'open' | 'paused'): Promise<void>;
  /** A new process takes the requests; the old one finishes its own. */
  restart(): Promise<void>;
  /** Kills the serving process; another takes its place. */
  crash(): Promise<void>;
  /** Writes that wait in any gate. */
  readonly held: number;
}

interface Incarnation {
  readonly process: Process;
  readonly registry: Registry;
  readonly gate: ControlledGate;
  readonly lost: Set<(error: Error) => void>;
}

/** Milliseconds for which a write waits in a window. */
const holdTimeoutMs = 10_000;

export async function createReplica(options: {
  name: string;
  clock: number;
  config: Config;
  driver: StorageDriver;
  scheduler: Scheduler;
  subject: Subject;
}): Promise<Replica> {
  const { name, clock, config, driver, scheduler, subject } = options;
  const incarnations: Incarnation[] = [];
  let wanted: 'open' | 'paused' = 'open';

  async function boot(): Promise<void> {
    const process = { name: `${name}-${incarnations.length + 1}`, alive: true, clock };
    const journal = subject.createJournal({ driver, process: process.name });
    const gate = subject.createCommitGate({ holdTimeoutMs, limit: 100, journal });
    const mode = wanted;
    void gate.set(mode);
    const registry = await subject.createRegistry({ driver, gate, config });
    if (mode !== wanted) void gate.set(wanted);
    incarnations.push({ process, registry, gate, lost: new Set() });
  }

  function run<T>(name: string, work: (incarnation: Incarnation) => Promise<T>): Promise<T> {
    const incarnation = incarnations.at(-1) as Incarnation;
    const { process, lost } = incarnation;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    lost.add(reject);
    scheduler
      .as({ name, process }, () => work(incarnation))
      .then(resolve, reject)
      .finally(() => lost.delete(reject));
    return promise;
  }

  async function set(mode: 'open' | 'paused'): Promise<void> {
    wanted = mode;
    await Promise.all(
      incarnations.map(async ({ process, gate, lost }) => {
        if (!process.alive) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        lost.add(() => resolve());
        await Promise.race([gate.set(mode), promise]);
      }),
    );
  }

  async function crash(): Promise<void> {
    const { process, lost } = incarnations.at(-1) as Incarnation;
    scheduler.kill(process);
    for (const reject of lost) reject(new LostError('the connection broke'));
    await boot();
  }

  await boot();
  return {
    clock,
    request: (client, work) => run(client, ({ registry }) => work(registry)),
    removeLeftovers: () => run('leftovers', ({ gate }) => subject.removeLeftovers({ driver, gate })),
    set,
    restart: boot,
    crash,
    get held() {
      return incarnations.reduce((sum, { process, gate }) => sum + (process.alive ? gate.held : 0), 0);
    },
  };
}
