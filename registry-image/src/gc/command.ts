import type { StorageDriver } from '../storage/driver.ts';
import { runSubcommand, type TextSink } from '../subcommand.ts';
import { type GarbageCollectArguments, parseGarbageCollectArguments, usage } from './arguments.ts';
import { createBoundedReader } from './bounded-reader.ts';
import { confirm } from './confirm.ts';
import { markedCounts } from './counts.ts';
import { markStore } from './mark.ts';
import { outputLines } from './output-lines.ts';
import { sweepStore } from './sweep.ts';

export interface GarbageCollectCommand {
  /** Arguments after `garbage-collect`. */
  readonly argv: readonly string[];
  /** Opens the store that a config file names; the path is undefined when none was given. */
  readonly openStore: (configPath: string | undefined) => Promise<StorageDriver>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Ends the run between two renames. */
  readonly signal?: AbortSignal;
}

/** Lines joined into one write. */
const linesPerWrite = 1000;

/**
 * `registry garbage-collect [-d] [-m] [-q] [--min-age DURATION] [CONFIG]`: marks, prints what distribution prints, sweeps
 * and, after the second mark, frees at once. Resolves with the exit status: 0 done, 1 it failed, 2 wrong arguments.
 */
export function runGarbageCollect(command: GarbageCollectCommand): Promise<number> {
  const { argv, stdout, stderr } = command;
  const parse = parseGarbageCollectArguments;
  const subcommand = { argv, parse, usage, failure: 'failed to garbage collect', stdout, stderr };
  return runSubcommand<GarbageCollectArguments>(subcommand, async (given) => {
    await collectByHand(await command.openStore(given.configPath), given, command);
    return 0;
  });
}

async function collectByHand(
  driver: StorageDriver,
  { options, quiet }: GarbageCollectArguments,
  { stdout, stderr, signal = new AbortController().signal }: GarbageCollectCommand,
): Promise<void> {
  const now = Date.now();
  const reader = createBoundedReader(driver, signal);
  const warn = (problem: string): void => void stderr.write(`warning: ${problem}\n`);
  const mark = await markStore(reader, options, now);
  mark.plan.problems.forEach(warn);
  if (!quiet) writeLines(stdout, outputLines(mark));
  if (options.dryRun) return;
  const report = (): void => {};
  const counts = markedCounts(mark.content, mark.plan);
  await sweepStore({ driver, reader, trash: `manual-${now}`, report, signal }, mark, counts);
  await confirm({ driver, options, now, report, signal });
}

function writeLines(sink: TextSink, lines: Iterable<string>): void {
  let pending: string[] = [];
  const flush = (): void => {
    if (pending.length > 0) sink.write(`${pending.join('\n')}\n`);
    pending = [];
  };
  for (const line of lines) {
    pending.push(line);
    if (pending.length === linesPerWrite) flush();
  }
  flush();
}
