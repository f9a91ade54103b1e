import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { PlanReport } from '../config/plan-report.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { isFull } from '../storage/file-errors.ts';
import { runSubcommand, type TextSink } from '../subcommand.ts';
import { type GarbageCollectArguments, parseGarbageCollectArguments, usage } from './arguments.ts';
import { cleanSwept, hasTrash } from './clean-swept.ts';
import { confirm } from './confirm.ts';
import type { MemberStorage } from './members.ts';
import { createMemory } from './memory.ts';
import { createStorageClock } from './storage-clock.ts';
import {
  type HeldWrites,
  refuseBesideAnother,
  refuseBesideRegistries,
  withWritesHeld,
} from './held-writes.ts';
import { outputLines } from './output-lines.ts';
import { planLines } from './plan-text.ts';
import { readPlanReport } from './read-plan-report.ts';
import { beginStagedCollection, type StagedCollection } from './staged-collection.ts';
import { endOfWindow, untilSpent } from './sweep-limits.ts';

export interface GarbageCollectCommand {
  /** Arguments after `garbage-collect`. */
  readonly argv: readonly string[];
  /** Opens the store that a config file names; the path is undefined when none was given. */
  readonly openStore: (configPath: string | undefined) => Promise<StorageDriver>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Ends the run between two changes. */
  readonly signal?: AbortSignal;
}

/** Lines joined into one write. */
const linesPerWrite = 1000;
/**
 * Milliseconds of sweeping in one window: beside registries that serve, when nobody waits, and then with --offline, for what is under way at
 * its end must have ended when a registry that has just started takes writes.
 */
const sweepBudget = { beside: 2_000, alone: 15_000, offline: 10_000 };
/** Milliseconds between two windows, so that the pushes held by the first go through. */
const windowGap = 10_000;

/**
 * `registry garbage-collect [OPTIONS] [CONFIG]`: marks, prints what distribution prints or the plan, sweeps while the registries that
 * serve from this storage hold their writes and, after the second mark, frees at once; with --offline it removes what it sweeps.
 * Resolves with the exit status: 0 done, 1 it failed, 2 wrong arguments.
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
  { options, quiet, plan, offline }: GarbageCollectArguments,
  { stdout, stderr, signal = new AbortController().signal }: GarbageCollectCommand,
): Promise<void> {
  // What is young stays in little memory, as in a collector, which gets it as a flag of its start.
  setFlagsFromString('--semi-space-growth-factor=1');
  const warn = (problem: string): void => void stderr.write(`warning: ${problem}\n`);
  let isTouched = false;
  let [hasSwept, isBeside] = [false, false];
  const report = ({ touched }: { touched: boolean }): void => {
    isTouched ||= touched;
    hasSwept ||= touched;
  };
  const common = { driver, options, now: Date.now(), report, signal, warn };
  const storage = { driver, now: createStorageClock(driver) };
  if (!options.dryRun) await refuseBesideAnother(storage);
  if (!options.dryRun && offline) await refuseBesideRegistries(storage);
  let memory = createMemory();
  const judgeTrash = async (): Promise<void> => {
    const { restored } = await confirm({ ...common, memory, warn: () => {} });
    if (restored === 1) warn('1 swept blob or manifest was in use and has been put back');
    if (restored > 1) warn(`${restored} swept blobs or manifests were in use and have been put back`);
  };
  // What another run has left may come back by a rule of this one: before it is removed what that needs.
  if (!options.dryRun && offline && (await hasTrash(driver))) {
    await judgeTrash();
    memory = createMemory();
  }
  // A function of its own, so that the first mark is gone from memory when the second is made.
  const sweep = async (): Promise<void> => {
    const trash = `manual-${common.now}`;
    const staged = await beginStagedCollection({ ...common, trash, atOnce: offline });
    memory = createMemory(staged.mark.content.memory?.few);
    if (!quiet && plan) writeLines(stdout, linesOfPlan(plan, await readPlanReport(common, staged.mark)));
    else if (!quiet) writeLines(stdout, outputLines(staged.mark));
    if (options.dryRun) return;
    let left = staged.mark.doomed.length;
    while (left > 0) {
      isTouched = false;
      left = await sweepInWindow(
        { storage, staged, signal, offline },
        {
          isTouched: () => isTouched,
          seeOthers: () => void (isBeside = true),
        },
      );
    }
    if (offline) await cleanSwept(common, staged.mark);
  };
  let failure: { error: unknown } | undefined;
  await sweep().catch((error: unknown) => {
    // What it has swept is the room that another run may need. Workers of others may not have been replaced then.
    if (!hasSwept || isBeside || offline || !isFull(error)) throw error;
    failure = { error };
  });
  if (options.dryRun || offline) return;
  await judgeTrash();
  if (failure) throw failure.error;
}

interface InWindow {
  readonly storage: MemberStorage;
  readonly staged: StagedCollection;
  readonly signal: AbortSignal;
  readonly offline: boolean;
}

/** Sweeps once while writes are held; gives how much is left for another window, which may follow at once. */
async function sweepInWindow(
  { storage, staged, signal, offline }: InWindow,
  { isTouched, seeOthers }: { isTouched: () => boolean; seeOthers: () => void },
): Promise<number> {
  let gap = 0;
  const sweep = async ({ isAlone, deadline }: HeldWrites): Promise<number> => {
    if (!isAlone) seeOthers();
    if (offline) await refuseBesideRegistries(storage);
    const budget = offline ? sweepBudget.offline : isAlone ? sweepBudget.alone : sweepBudget.beside;
    // A registry that starts now waits for the deadline, and no longer: what is only moved can come back after it.
    const end = isAlone && !offline ? signal : AbortSignal.any([signal, endOfWindow(deadline)]);
    const left = await staged.sweep({ until: untilSpent(budget), signal: end });
    if (left > 0 && !isAlone) gap = windowGap;
    return left;
  };
  const left = await withWritesHeld(storage, sweep, isTouched);
  if (gap > 0) await Promise.all([sleep(gap, undefined, { signal }), staged.lookAhead(untilSpent(gap))]);
  return left;
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
