import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { CollectionMaintenance } from '../config/maintenance.ts';
import type { CollectionRunner } from './collection-runner.ts';
import { createMaintainer } from './maintainer.ts';
import { systemClock } from './maintenance-window.ts';
import type { Pool } from './pool.ts';

const options = { dryRun: false, deleteUntagged: false, removeEmptyRepositories: true, minAge: 0 };
const order = { pod: 'pod-0', options };
const window = { deadline: new Date(Date.now() + 60_000).toISOString() };
const counts = {} as NonNullable<CollectionRunner['state']>['counts'];

/** A maintainer whose collector works until it is killed, and whose workers follow at once. */
function stage() {
  const events: string[] = [];
  let collection: Pick<CollectionRunner, 'state' | 'running'> = { state: null, running: null };
  const runner: CollectionRunner = {
    get state() {
      return collection.state;
    },
    get running() {
      return collection.running;
    },
    start({ kind, run, attempt }) {
      events.push(`${kind} ${run}`);
      const phase = kind === 'collect' ? 'Sweeping' : 'Confirming';
      collection = { running: kind, state: { run, attempt, phase, touched: true, counts } };
    },
    kill(reason) {
      events.push(reason);
      collection = { ...collection, running: null };
    },
  };
  const log = pino({ level: 'silent' });
  const maintainer = createMaintainer({
    pod: 'pod-0',
    readOnly: false,
    collection: runner,
    clock: systemClock,
    log,
  });
  const restart = (): void => void events.push('restart');
  maintainer.attach({ applied: () => true, set: () => {}, generation: 0, restart } as unknown as Pool);
  const take = (maintenance: CollectionMaintenance | null): void =>
    maintainer.take({
      registry: null,
      collection: maintenance === null ? null : JSON.stringify(maintenance),
    });
  return { events, take, close: () => maintainer.close() };
}

it('ends a collector whose order is withdrawn before it restarts the workers, the window still open', () => {
  const { events, take, close } = stage();
  take({ run: 'a', attempt: 1, window });
  take({ run: 'a', attempt: 1, window, collect: order });
  take({ run: 'a', attempt: 1, window, restart: 'a-1' });
  close();
  expect(events).toEqual(['collect a', 'the order to collect was withdrawn', 'restart']);
});

it('ends a second mark of a run that was given up before another run begins', () => {
  const { events, take, close } = stage();
  take({ run: 'a', attempt: 1, confirm: order });
  take({ run: 'b', attempt: 1, window });
  take({ run: 'b', attempt: 1, window, collect: order });
  close();
  expect(events).toEqual(['confirm a', 'the order to collect was withdrawn', 'collect b']);
});

it('leaves a collector alone for as long as it is ordered', () => {
  const { events, take, close } = stage();
  take({ run: 'a', attempt: 1, window });
  take({ run: 'a', attempt: 1, window, collect: order });
  take({ run: 'a', attempt: 1, window, collect: { ...order }, restart: 'a-1' });
  close();
  expect(events).toEqual(['collect a', 'restart']);
});
