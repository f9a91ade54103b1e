import { constants, setPriority } from 'node:os';
import type { CollectionCounts } from '../config/state.ts';
import { collect } from '../gc/collect.ts';
import { confirm } from '../gc/confirm.ts';
import type { Progress } from '../gc/counts.ts';
import type { Mark } from '../gc/mark.ts';
import { readPlanReport } from '../gc/read-plan-report.ts';
import { restoreRun } from '../gc/restore.ts';
import { beginStagedCollection, type StagedCollection } from '../gc/staged-collection.ts';
import { endOfWindow, untilSpent } from '../gc/sweep-limits.ts';
import { troubleSentence } from '../gc/trouble.ts';
import { openStorage } from '../storage/open.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { sendToParent } from './channel.ts';
import type { CollectorCommand, CollectorJob, CollectorMessage, SweepWindow } from './collector-protocol.ts';
import { storageChannel } from './storage-keeper.ts';

type Start = Extract<CollectorCommand, { type: 'start' }>;

// Entry of a collector process: one job from the supervisor, then it ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// Without a supervisor nobody knows any more whether the window is still open.
process.on('disconnect', () => process.exit(1));

let log: Log | undefined;
let touched = false;
let marked: StagedCollection | undefined;
/** That were begun. */
let windows = 0;

process.on('message', (command: CollectorCommand) => {
  void guarded(() => (command.type === 'start' ? start(command) : sweep(command.window)));
});
await tell({ type: 'loaded' });

/** Does a part of the job; a failure is the last thing that this process tells. */
async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log?.error({ err: error }, 'collection failed');
    const message = troubleSentence(error);
    await tell({ type: 'progress', progress: { phase: 'Failed', touched, counts: {}, message } });
    process.exit(0);
  }
}

async function start({ config, job }: Start): Promise<void> {
  const driver = await openStorage({ config, channel: storageChannel(config), blocking: true });
  log = createLog(config.log, { service: 'registry', run: job.run });
  await work({
    driver,
    now: Date.now(),
    report,
    signal: new AbortController().signal,
    warn: (problem: string) => log?.warn(problem),
    job,
  });
}

async function work(context: {
  driver: Awaited<ReturnType<typeof openStorage>>;
  now: number;
  report: typeof report;
  signal: AbortSignal;
  warn: (problem: string) => void;
  job: CollectorJob;
}): Promise<void> {
  const { job } = context;
  const trash = `${job.run}-${job.attempt}`;
  switch (job.kind) {
    case 'mark': {
      const { options } = job;
      const inspect = async (mark: Mark): Promise<void> => {
        if (!options.dryRun) return;
        const plan = JSON.stringify(await readPlanReport({ ...context, options }, mark));
        await tell({ type: 'plan', plan });
      };
      marked = await beginStagedCollection({ ...context, options, trash, inspect });
      if (marked.mark.doomed.length === 0 || job.options.dryRun) break;
      return marked.lookAhead(() => windows > 0);
    }
    case 'collect':
      await collect({ ...context, options: job.options, trash, signal: endOfWindow(job.deadline) });
      break;
    case 'confirm':
      // Nobody waits for it. What marks may not do so: it could not go back for the window.
      setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
      await confirm({
        ...context,
        options: job.options,
        // The counts of the second mark itself would hide those of the first.
        report: (progress) => report(progress),
      });
      break;
    case 'restore':
      await restoreRun({ ...context, from: job.from });
      break;
  }
  process.exit(0);
}

async function sweep({ deadline, budget }: SweepWindow): Promise<void> {
  if (!marked) return;
  const window = ++windows;
  touched = false;
  const left = await marked.sweep({ until: untilSpent(budget), signal: endOfWindow(deadline) });
  if (left === 0) process.exit(0);
  await marked.lookAhead(() => windows > window);
}

async function report(progress: Progress): Promise<void> {
  touched ||= progress.touched;
  const { phase, remaining } = progress;
  const counts: Partial<CollectionCounts> = progress.counts;
  const told = { phase, touched, counts, ...(remaining !== undefined && { remaining }) };
  await tell({ type: 'progress', progress: told });
}

/** Resolves when the message is on its way, so that it arrives even if this process is killed then. */
function tell(message: CollectorMessage): Promise<void> {
  return new Promise((resolve) => sendToParent(message, resolve));
}
