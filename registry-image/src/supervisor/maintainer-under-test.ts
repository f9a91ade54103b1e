import { pino } from 'pino';
import { type CollectionMaintenance, CollectionOptions } from '../config/maintenance.ts';
import type { StorageWindow } from '../gc/storage-window.ts';
import type { CollectionRunner } from './collection-runner.ts';
import { createMaintainer, type Maintainer } from './maintainer.ts';
import { systemClock } from './maintenance-window.ts';
import type { Pool } from './pool.ts';

const options = CollectionOptions.parse({ minAge: 0 });
export const base = { run: 'a', attempt: 1 };
/** The order to mark. */
export const mark = { pod: 'pod-0', options };
/** The order to sweep. */
export const collect = { ...mark, budget: 500 };
/** A window of a minute from now. */
export const window = { deadline: new Date(Date.now() + 60_000).toISOString() };
const counts = {} as NonNullable<CollectionRunner['state']>['counts'];

export interface Stage {
  /** What happened since the last call, each kind once. */
  readonly happened: () => string[];
  readonly take: (maintenance: CollectionMaintenance | null) => void;
  /** What a collector tells. */
  readonly tell: (phase: 'Marked' | 'Swept' | 'Failed', remaining?: number, touched?: boolean) => void;
  readonly seeWindow: (found: StorageWindow | undefined) => void;
  readonly member: () => ReturnType<Maintainer['memberState']>;
  readonly state: () => ReturnType<Maintainer['state']>;
  readonly close: () => void;
}

/** A maintainer whose collector works until it is killed, and whose workers follow at once. */
export function stage(): Stage {
  const events: string[] = [];
  const done = new Set<string>();
  let collection: Pick<CollectionRunner, 'state' | 'running'> = { state: null, running: null };
  const runner: CollectionRunner = {
    get state() {
      return collection.state;
    },
    get running() {
      return collection.running;
    },
    start({ kind, run, attempt }) {
      const key = `${kind} ${run} ${attempt}`;
      if (collection.running || done.has(key)) return;
      done.add(key);
      events.push(kind === 'mark' ? `mark ${run} ${attempt}` : `${kind} ${run}`);
      const phase = {
        mark: 'Marking',
        collect: 'Sweeping',
        confirm: 'Confirming',
        restore: 'Restoring',
      } as const;
      const state = { run, attempt, phase: phase[kind], touched: true, remaining: 0, counts };
      collection = { running: kind, state };
    },
    sweep(run, attempt, { budget }) {
      if (collection.running !== 'mark' || collection.state?.run !== run) return false;
      if (collection.state.phase !== 'Marked' && collection.state.phase !== 'Swept') return false;
      const key = `collect ${run} ${attempt}`;
      if (done.has(key)) return true;
      done.add(key);
      events.push(`sweep ${run} ${attempt} for ${budget} ms`);
      collection = { running: 'collect', state: { ...collection.state, attempt, phase: 'Sweeping' } };
      return true;
    },
    fail(run, attempt, reason) {
      events.push(reason);
      const state = { run, attempt, phase: 'Failed', touched: false, remaining: 0, counts } as const;
      collection = { running: null, state };
    },
    plan: () => undefined,
    kill(reason) {
      events.push(reason);
      collection = { ...collection, running: null };
    },
  };
  const log = pino({ level: 'silent' });
  const maintainer = createMaintainer({
    pod: 'pod-0',
    boot: 'boot-0',
    readOnly: false,
    collection: runner,
    clock: systemClock,
    log,
  });
  const restart = (): void => void events.push('restart');
  const prepare = (): void => void events.push('prepare');
  const dismiss = (): void => void events.push('dismiss');
  const pool = {
    applied: () => true,
    set: () => {},
    generation: 0,
    serving: true,
    workers: [],
    restart,
    prepare,
    dismiss,
    prepared: true,
  };
  maintainer.attach(pool as unknown as Pool);
  const take = (maintenance: CollectionMaintenance | null): void =>
    maintainer.take({
      registry: null,
      collection: maintenance === null ? null : JSON.stringify(maintenance),
    });
  const tell = (phase: 'Marked' | 'Swept' | 'Failed', remaining = 0, touched = true): void => {
    const { state, running } = collection;
    const ends = phase === 'Failed' || remaining === 0;
    if (state)
      collection = {
        running: ends ? null : running && 'mark',
        state: { ...state, phase, remaining, touched },
      };
    maintainer.converge();
  };
  const happened = (): string[] => [...new Set(events.splice(0))];
  return {
    happened,
    take,
    tell,
    seeWindow: (found: StorageWindow | undefined) => maintainer.takeStorageWindow(found),
    member: () => maintainer.memberState(),
    state: () => maintainer.state(),
    close: () => maintainer.close(),
  };
}
