import type { PoolWorker } from './pool-worker.ts';

type Reporter = Pick<PoolWorker, 'pid' | 'started' | 'reportedAt'>;

export interface SilenceCount {
  /** To be called each time before reports are asked for. */
  note(workers: readonly Reporter[]): void;
  /** Reports in a row that this worker has not sent though it was asked. */
  of(worker: Reporter): number;
}

/**
 * Counts unanswered questions, not time: after the whole pod was frozen every report is old, and yet no worker hangs.
 */
export function createSilenceCount(now: () => number = () => performance.now()): SilenceCount {
  let counts = new Map<number, number>();
  let askedAt: number | undefined;

  function of(worker: Reporter): number {
    return counts.get(worker.pid) ?? 0;
  }

  return {
    note(workers) {
      const asked = askedAt;
      const owes = (worker: Reporter): boolean =>
        asked !== undefined && worker.started && worker.reportedAt < asked;
      counts = new Map(workers.filter(owes).map((worker) => [worker.pid, of(worker) + 1]));
      askedAt = now();
    },
    of,
  };
}
