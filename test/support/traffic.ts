import { setTimeout as sleep } from 'node:timers/promises';
import { randomLayer, type Image } from './image.ts';
import type { RegistryClient } from './registry-client.ts';

/** What a client that never stops has seen. */
export interface Traffic {
  readonly operations: number;
  readonly failures: readonly string[];
  /** Milliseconds of the slowest operation. */
  readonly slowest: number;
}

export interface RunningTraffic {
  /** Ends the loop after the operation under way and tells what was seen. */
  stop(): Promise<Traffic>;
}

/** Repeats `operation`, one after the other, with `pauseMs` between two starts at least. */
export function repeat(operation: (round: number) => Promise<void>, pauseMs: number): RunningTraffic {
  const stopping = new AbortController();
  const failures: string[] = [];
  let operations = 0;
  let slowest = 0;
  const loop = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const began = performance.now();
      try {
        await operation(operations);
      } catch (error) {
        failures.push(String(error));
      }
      operations += 1;
      const took = performance.now() - began;
      slowest = Math.max(slowest, took);
      await sleep(Math.max(0, pauseMs - took));
    }
  })();
  return {
    async stop(): Promise<Traffic> {
      stopping.abort();
      await loop;
      return { operations, failures, slowest };
    },
  };
}

/** Pushes a new blob again and again; no step of it is ever tried a second time. */
export function pushing(client: RegistryClient, repository: string): RunningTraffic {
  return repeat(() => client.pushBlob(repository, randomLayer(2048)), 20);
}

/** Pulls a whole image (manifest and every blob, compared) at least 20 times a second if the registry can. */
export function pulling(client: RegistryClient, repository: string, tag: string, one: Image): RunningTraffic {
  return repeat(() => client.pull(repository, tag, one), 40);
}
