import { createHash, type Hash } from 'node:crypto';
import type { Algorithm } from './digest.ts';

/** A hash over the content of an upload. */
export interface RunningHash {
  readonly algorithm: Algorithm;
  readonly hash: Hash;
}

/**
 * Keeps the hashes of uploads between the requests of one process. `take` removes, so that two requests for one
 * upload never feed the same hash; at most `limit` are kept, and what is missing is hashed again from the file.
 */
export interface RunningHashes {
  /** @param version of the content (Appender): a hash over any other is of no use */
  take(id: string, version: string): RunningHash | undefined;
  keep(id: string, version: string, running: RunningHash): void;
  drop(id: string): void;
}

export function createRunningHashes(options: { limit: number }): RunningHashes {
  const kept = new Map<string, { version: string; running: RunningHash }>();
  return {
    take(id, version) {
      const found = kept.get(id);
      kept.delete(id);
      return found?.version === version ? found.running : undefined;
    },
    keep(id, version, running) {
      kept.delete(id);
      kept.set(id, { version, running });
      const oldest = kept.keys().next().value;
      if (kept.size > options.limit && oldest !== undefined) kept.delete(oldest);
    },
    drop: (id) => void kept.delete(id),
  };
}

export function startHash(algorithm: Algorithm): RunningHash {
  return { algorithm, hash: createHash(algorithm) };
}
