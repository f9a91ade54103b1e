import { randomBytes } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import type { StorageDriver } from '../storage/driver.ts';
import { createFilesystemDriver } from '../storage/filesystem.ts';
import { runSubcommand, type TextSink } from '../subcommand.ts';
import {
  type BackupArguments,
  backupUsage,
  parseBackupArguments,
  parseRestoreArguments,
  type RestoreArguments,
  restoreUsage,
} from './arguments.ts';
import { backUp } from './backup.ts';
import { prune } from './prune.ts';
import { restore } from './restore.ts';
import { listSnapshots } from './snapshot.ts';

export interface CopyCommand {
  /** Arguments after the command's name. */
  readonly argv: readonly string[];
  /** Opens the store that a config file names; the path is undefined when none was given. */
  readonly openStore: (configPath: string | undefined) => Promise<StorageDriver>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Ends the run between two pieces of a blob. */
  readonly signal: AbortSignal;
}

/** `registry backup`. Resolves with the exit status that its usage tells. */
export function runBackup({ argv, openStore, stdout, stderr, signal }: CopyCommand): Promise<number> {
  const told = {
    argv,
    parse: parseBackupArguments,
    usage: backupUsage,
    failure: 'failed to back up',
    stdout,
    stderr,
  };
  return runSubcommand<BackupArguments>(told, async ({ to, keep, report, configPath }) => {
    const source = await openStore(configPath);
    const target = createFilesystemDriver({ rootDirectory: to, blocking: true });
    const name = nameAt(new Date());
    const damages = createDamages(stderr);
    const done = await backUp({ source, target, name, onDamage: damages.tell, signal });
    const copied = `${done.copiedBlobs} of them copied (${done.copiedBytes} bytes)`;
    await tell(
      stdout,
      report,
      `snapshot ${name}: ${done.repositories} repositories, ${done.tags} tags, ${done.blobs} blobs (${done.bytes} bytes), ${copied}\n`,
    );
    for (const old of keep === undefined ? [] : await prune(target, keep, signal))
      stdout.write(`removed snapshot ${old}\n`);
    return damages.exitStatus();
  });
}

/** `registry restore`. Resolves with the exit status that its usage tells. */
export function runRestore({ argv, openStore, stdout, stderr, signal }: CopyCommand): Promise<number> {
  const told = {
    argv,
    parse: parseRestoreArguments,
    usage: restoreUsage,
    failure: 'failed to restore',
    stdout,
    stderr,
  };
  return runSubcommand<RestoreArguments>(told, async ({ from, list, report, configPath, ...given }) => {
    await stat(from);
    const source = createFilesystemDriver({ rootDirectory: from, blocking: true });
    if (list) {
      for (const name of await listSnapshots(source)) stdout.write(`${name}\n`);
      return 0;
    }
    const target = await openStore(configPath);
    const damages = createDamages(stderr);
    const done = await restore({ ...given, source, target, onDamage: damages.tell, signal });
    const kept = done.keptTags === 0 ? '' : `, ${done.keptTags} tags left as they were`;
    await tell(
      stdout,
      report,
      `restored snapshot ${done.snapshot}: ${done.repositories} repositories, ${done.tags} tags${kept}, ${done.blobs} blobs, ${done.copiedBlobs} of them copied (${done.copiedBytes} bytes)\n`,
    );
    return damages.exitStatus();
  });
}

async function tell(stdout: TextSink, report: string | undefined, line: string): Promise<void> {
  stdout.write(line);
  if (report !== undefined) await writeFile(report, line);
}

/** Sorts by time, and no two are the same. */
function nameAt(now: Date): string {
  return `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
}

function createDamages(stderr: TextSink): { tell: (sentence: string) => void; exitStatus: () => number } {
  let count = 0;
  return {
    tell(sentence) {
      count += 1;
      stderr.write(`damaged: ${sentence}\n`);
    },
    exitStatus: () => (count > 0 ? 3 : 0),
  };
}
