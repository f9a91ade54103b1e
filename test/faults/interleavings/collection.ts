import { CollectionOptions } from '../../../registry-image/src/config/maintenance.ts';
import type { StorageDriver } from '../../../registry-image/src/storage/driver.ts';
import { journalPath } from '../../../registry-image/src/storage/paths.ts';
import type { Hanging } from './hang.ts';
import { LostError, type Replica } from './replica.ts';
import type { CollectionRun } from './scenario.ts';
import type { Process, Scheduler } from './scheduler.ts';
import type { Subject } from './subject.ts';

export interface CollectionContext {
  readonly subject: Subject;
  readonly scheduler: Scheduler;
  /** Its operations wait for their turns. */
  readonly driver: StorageDriver;
  readonly replicas: readonly [Replica, Replica];
  readonly minAge: number;
  readonly reached: Hanging['reached'];
  /** Done between a sweep and the second mark. */
  readonly betweenMarks: (brokeRules: boolean) => Promise<void>;
  /** What a run had to say that it must not. */
  readonly problems: string[];
}

export interface CollectionOutcome {
  /** Something was written into a window that was not over. */
  readonly brokeRules: boolean;
  /** A sweep was killed half-way: what is visible of what it gave up is made whole by the second mark. */
  readonly isUnfinished: boolean;
  /** Where the second mark put something back. */
  readonly restored: readonly string[];
}

/** A file of the journal that cannot be read as one. */
const strange = journalPath('stranger.1');

/** Leads one run as the operator and the supervisors do (docs/architecture.md, "Garbage collection"). */
export async function runCollection(
  context: CollectionContext,
  run: CollectionRun & { readonly name: string },
): Promise<CollectionOutcome> {
  const { subject, scheduler, driver, replicas, minAge, problems, reached } = context;
  const options = CollectionOptions.parse({ deleteUntagged: run.deleteUntagged, minAge });
  let brokeRules = false;
  let isUnfinished = false;
  const restored: string[] = [];

  function collectorOf(replica: 0 | 1): Process {
    return { name: `collector of ${run.name}`, alive: true, clock: replicas[replica].clock };
  }

  const collector = collectorOf(run.collector);
  const collectorActor = { name: 'collector', process: collector };
  const now = (): number => scheduler.as(collectorActor, () => scheduler.now());
  const given = {
    driver: inNoHurry(driver),
    options,
    trash: `${run.name}-1`,
    now: now(),
    report: () => {},
    signal: new AbortController().signal,
  };

  /** One move after the other, on a storage that takes its time. */
  function inNoHurry(quick: StorageDriver): StorageDriver {
    if (run.slowness === 0) return quick;
    return {
      ...quick,
      async moveMany(moves, { until = () => false } = {}) {
        const skipped: number[] = [];
        for (const [index, move] of moves.entries()) {
          if (until()) return { done: index, skipped };
          await scheduler.turns(run.slowness);
          if ((await quick.moveMany([move])).skipped.length > 0) skipped.push(index);
        }
        return { done: moves.length, skipped };
      },
    };
  }

  /** Works in a collector process, which may be killed. @throws LostError */
  async function inCollector<T>(
    process: Process,
    during: 'mark' | 'sweep' | 'confirm',
    work: () => Promise<T>,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let isDone = false;
    const { kill } = run;
    if (kill?.during === during) {
      const killer = { name: 'killer', process: { name: 'killer', alive: true, clock: 0 } };
      void scheduler.as(killer, async () => {
        await scheduler.turns(kill.after);
        if (isDone || !process.alive) return;
        scheduler.kill(process, kill.lingers);
        brokeRules ||= kill.lingers;
        isUnfinished ||= during === 'sweep';
        reject(new LostError('the collector was killed'));
      });
    }
    scheduler
      .as({ name: during, process }, work)
      .then(resolve, reject)
      .finally(() => (isDone = true));
    return promise;
  }

  async function setAll(mode: 'open' | 'paused'): Promise<void> {
    await Promise.all(
      replicas.map(async (replica) => {
        await scheduler.turn();
        await replica.set(mode);
      }),
    );
  }

  /** A replica that takes its deadline to be over. */
  async function openEarly(isOver: () => boolean): Promise<void> {
    const { early } = run;
    if (!early) return;
    await scheduler.turns(early.after);
    for (const [index, replica] of replicas.entries()) {
      if (isOver() || (early.replica !== 'both' && early.replica !== index)) continue;
      brokeRules = true;
      await replica.set('open');
    }
  }

  /** Everything that needs the gates closed. */
  async function inWindow(sweep: () => Promise<number>): Promise<number> {
    reached('closing');
    await setAll('paused');
    reached('sweeping');
    let isOver = false;
    const early = openEarly(() => isOver);
    let left: number;
    try {
      left = await inCollector(collector, 'sweep', sweep);
    } finally {
      isOver = true;
      await early;
      reached('swept');
      for (const replica of replicas) await replica.restart();
      await setAll('open');
    }
    return left;
  }

  async function collectStaged(): Promise<void> {
    const staged = await inCollector(collector, 'mark', () => subject.beginStagedCollection(given));
    if (run.spoilsJournal) await driver.append(strange, 'what is no record\n');
    for (let window = 1, left = staged.mark.doomed.length; left > 0; window++) {
      await scheduler.turns(run.pause);
      let moves = 0;
      const until = (): boolean => window < 3 && ++moves > run.budget;
      left = await inWindow(() => staged.sweep({ until, signal: given.signal }));
      if (window > 3) throw new Error('a window without a budget has left something');
    }
  }

  async function collectWhole(): Promise<void> {
    await inWindow(async () => {
      await subject.collect({ ...given, now: now() });
      return 0;
    });
  }

  async function confirm(process: Process): Promise<void> {
    const confirmNow = scheduler.as({ name: 'confirm', process }, () => scheduler.now());
    const observed: StorageDriver = {
      ...driver,
      move: (from, to) => driver.move(from, to).then(() => void restored.push(to)),
    };
    let reports = 0;
    const judged = (): void => {
      // The first report tells that it begins.
      if (++reports === 2) reached('judged');
    };
    await inCollector(process, 'confirm', () =>
      subject.confirm({ ...given, driver: observed, now: confirmNow, report: judged }),
    );
  }

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof LostError)) problems.push(`${run.name}: ${String(error)}`);
    }
  }

  await scheduler.turns(run.delay);
  await guarded(run.kind === 'staged' ? collectStaged : collectWhole);
  if (run.spoilsJournal) await driver.delete(strange);
  await context.betweenMarks(brokeRules);
  await guarded(() => confirm(collectorOf(run.confirmer)));
  reached('over');
  return { brokeRules, isUnfinished, restored };
}
