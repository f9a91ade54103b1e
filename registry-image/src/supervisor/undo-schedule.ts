import type { Pool } from './pool.ts';

/** Milliseconds between two looks at what may be freed. */
const usualInterval = 60_000;

/**
 * Has a worker free, every minute, what collections swept and whose time to be restored is over, and what killed processes left to be
 * removed.
 * @returns ends it
 */
export function startUndoSchedule({
  pool,
  interval = usualInterval,
}: {
  pool: Pick<Pool, 'workers'>;
  interval?: number;
}): () => void {
  const timer = setInterval(() => {
    pool.workers
      .find(({ state }) => state.phase === 'serving' && state.takesRequests)
      ?.send({ type: 'freeUndo' });
  }, interval);
  return () => clearInterval(timer);
}
