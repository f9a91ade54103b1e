import type { StorageDriver } from '../storage/driver.ts';
import { journalPath, journalRoot } from '../storage/paths.ts';
import { absentAsUndefined } from './links.ts';

/** What a commit names, and so keeps alive or brings back to life. */
export interface Addition {
  readonly kind: 'blob' | 'manifest';
  readonly repository: string;
  readonly digest: string;
}

/**
 * Tells every collection what is being committed (docs/architecture.md, "Journal"): a mark that reads the store while writes go on
 * learns from it what it cannot have seen.
 */
export interface Journal {
  /** Runs the visible steps of a commit between its records. Throws what the storage threw when they cannot be written: then nothing was run. */
  during<T>(additions: readonly Addition[], steps: () => Promise<T>): Promise<T>;
}

/** Bytes after which a process goes on in another file, so that old ones can go. */
const longestFile = 4 * 1024 * 1024;

/** @param options.process names this process as no other was ever named, without a dot */
export function createJournal(options: { driver: StorageDriver; process: string }): Journal {
  const { driver } = options;
  let ids = 0;
  let file = 1;
  let written = 0;

  async function write(text: string): Promise<void> {
    if (written >= longestFile) {
      file++;
      written = 0;
    }
    written += text.length;
    const path = journalPath(`${options.process}.${file}`);
    try {
      await driver.append(path, text);
    } catch (error) {
      // A full disk may have taken the beginning of it, after which nobody could read what is added.
      written = longestFile;
      throw error;
    }
  }

  return {
    async during(additions, steps) {
      const id = ++ids;
      await write(additions.map((addition) => beginRecord(id, addition)).join(''));
      try {
        return await steps();
      } finally {
        // One without an end counts as still under way, which keeps more than need be and loses nothing.
        await write(`- ${id}\n`).catch(() => {});
      }
    },
  };
}

/**
 * Milliseconds without a record after which a file is of no use to any collection: a mark lasts a day at most, and every restart in
 * place leaves files behind.
 */
const longestUse = 48 * 3_600_000;

/** Removes the files of the journal that no collection can need any more. */
export async function purgeJournal(driver: StorageDriver, now: number): Promise<void> {
  const files = (await absentAsUndefined(driver.list(journalRoot))) ?? [];
  for (const { path, modified } of files) if (now - modified > longestUse) await driver.delete(path);
}

function beginRecord(id: number, { kind, repository, digest }: Addition): string {
  return `+ ${id} ${kind} ${repository} ${digest}\n`;
}
