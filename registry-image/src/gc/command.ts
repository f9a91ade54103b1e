import type { PlanReport } from '../config/plan-report.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { runSubcommand, type TextSink } from '../subcommand.ts';
import { type GarbageCollectArguments, parseGarbageCollectArguments, usage } from './arguments.ts';
import { confirm } from './confirm.ts';
import { outputLines } from './output-lines.ts';
import { planLines } from './plan-text.ts';
import { readPlanReport } from './read-plan-report.ts';
import { beginStagedCollection } from './staged-collection.ts';

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
 * `registry garbage-collect [OPTIONS] [CONFIG]`: marks, prints what distribution prints or the plan, sweeps
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
  { options, quiet, plan }: GarbageCollectArguments,
  { stdout, stderr, signal = new AbortController().signal }: GarbageCollectCommand,
): Promise<void> {
  const warn = (problem: string): void => void stderr.write(`warning: ${problem}\n`);
  const common = { driver, options, now: Date.now(), report: () => {}, signal, warn };
  // A function of its own, so that the first mark is gone from memory when the second is made.
  const sweep = async (): Promise<void> => {
    const staged = await beginStagedCollection({ ...common, trash: `manual-${common.now}` });
    if (!quiet && plan) writeLines(stdout, linesOfPlan(plan, await readPlanReport(common, staged.mark)));
    else if (!quiet) writeLines(stdout, outputLines(staged.mark));
    if (!options.dryRun) await staged.sweep({ until: () => false, signal });
  };
  await sweep();
  if (!options.dryRun) await confirm({ ...common, warn: () => {} });
}

function linesOfPlan(format: 'json' | 'text', report: PlanReport): Iterable<string> {
  return format === 'json' ? [JSON.stringify(report)] : planLines(report);
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
