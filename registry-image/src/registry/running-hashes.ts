import { createHash, type Hash } from 'node:crypto';
import type { Algorithm } from './digest.ts';

/** A hash over the first `offset` bytes of an upload. */
export interface RunningHash {
  readonly algorithm: Algorithm;
  readonly hash: Hash;
  offset: number;
}

/**
 * Keeps the hashes of uploads between the requests of one process. `take` removes, so that two requests for one
 * upload never feed the same hash; at most `limit` are kept, and what is missing is hashed again from the file.
 */
export interface RunningHashes {
  take(id: string, algorithm: Algorithm, offset: number): RunningHash | undefined;
  keep(id: string, running: RunningHash): void;
  drop(id: string): void;
}

export function createRunningHashes(options: { limit: number }): RunningHashes {
  const kept = new Map<string, RunningHash>();
  return {
    take(id, algorithm, offset) {
      const running = kept.get(id);
      kept.delete(id);
      if (running?.algorithm === algorithm && running.offset === offset) return running;
      return offset === 0 ? startHash(algorithm) : undefined;
    },
    keep(id, running) {
      kept.delete(id);
      kept.set(id, running);
      const oldest = kept.keys().next().value;
      if (kept.size > options.limit && oldest !== undefined) kept.delete(oldest);
    },
    drop: (id) => void kept.delete(id),
  };
}

export function startHash(algorithm: Algorithm): RunningHash {
  return { algorithm, hash: createHash(algorithm), offset: 0 };
}
