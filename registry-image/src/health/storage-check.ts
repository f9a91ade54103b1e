import type { Config } from '../config/schema.ts';
import { NotFoundError } from '../storage/errors.ts';
import { openStorage } from '../storage/open.ts';
import type { Check } from './checks.ts';

/** The check of the storage itself. That nothing lies there yet is no failure: the first push makes the directories. */
export function storageCheck(config: Pick<Config, 'storage'>): { name: string; check: Check } {
  // What is in the memory of this very process cannot fail.
  if (config.storage.inmemory) return { name: 'inmemory', check: () => Promise.resolve() };
  const opened = openStorage({ config });
  // A failure to open it is told by the first check.
  opened.catch(() => {});
  return {
    name: 'filesystem',
    async check() {
      try {
        await (await opened).list('/');
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
  };
}
