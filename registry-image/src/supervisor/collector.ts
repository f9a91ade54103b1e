import { constants, setPriority } from 'node:os';
import type { CollectionCounts } from '../config/state.ts';
import { collect } from '../gc/collect.ts';
import { confirm } from '../gc/confirm.ts';
import type { Progress } from '../gc/counts.ts';
import { openStorage } from '../storage/open.ts';
import { createLog } from '../telemetry/log.ts';
import { storageChannel } from './storage-keeper.ts';
import type { CollectorMessage, CollectorStart } from './collector-protocol.ts';

/** Milliseconds before the end of the window at which nothing more is moved. */
const margin = 500;

// Entry of a collector process: one job from the supervisor, then it ends.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// Without a supervisor nobody knows any more whether the window is still open.
process.on('disconnect', () => process.exit(1));
process.once('message', (start: CollectorStart) => void run(start));
await tell({ type: 'loaded' });

async function run({ config, job }: CollectorStart): Promise<void> {
  const driver = await openStorage({ config, channel: storageChannel(config) });
  const log = createLog(config.log, { service: 'registry', run: job.run });
  const end = new AbortController();
  const common = {
    driver,
    options: job.options,
    now: Date.now(),
    signal: end.signal,
    warn: (problem: string) => log.warn(problem),
  };
  let touched = false;
  const report = async (progress: Progress, counts: Partial<CollectionCounts>): Promise<void> => {
    touched ||= progress.touched;
    await tell({ type: 'progress', progress: { phase: progress.phase, touched, counts } });
  };
  try {
    if (job.kind === 'collect') {
      const reason = new Error('the sweep was not done when the window was about to end');
      setTimeout(() => end.abort(reason), job.deadline - Date.now() - margin);
      const trash = `${job.run}-${job.attempt}`;
      await collect({ ...common, trash, report: (progress) => report(progress, progress.counts) });
    } else {
      // The counts of the second mark itself would hide those of the first.
      await confirm({
        ...common,
        report: (progress) =>
          report(progress, {
            restored: progress.counts.restored,
            bytesFreed: progress.counts.bytesFreed,
          }),
      });
    }
  } catch (error) {
    log.error({ err: error }, 'collection failed');
    const message = error instanceof Error ? error.message : String(error);
    await tell({ type: 'progress', progress: { phase: 'Failed', touched, counts: {}, message } });
  }
  process.exit(0);
}

/** Resolves when the message is on its way, so that it arrives even if this process is killed then. */
function tell(message: CollectorMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
