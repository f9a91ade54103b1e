import { randomBytes } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { runSubcommand, type TextSink } from '../subcommand.ts';
import { parseVerifyArguments, usage, type VerifyArguments } from './arguments.ts';
import { damageLine, summaryLine } from './output.ts';
import { type Summary, verifyStore } from './verify.ts';

/** Milliseconds between the two looks: longer than a commit section of a live registry, which lasts milliseconds. */
const usualPause = 1_000;

export interface VerifyCommand {
  /** Arguments after `verify`. */
  readonly argv: readonly string[];
  /** Opens the store that a config file names; the path is undefined when none was given. */
  readonly openStore: (
    configPath: string | undefined,
  ) => Promise<{ driver: StorageDriver; config: Pick<Config, 'validation'> }>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Milliseconds between the two looks at what seems wrong. */
  readonly pause?: number;
  /** Ends the run between two steps. */
  readonly signal?: AbortSignal;
}

/** `registry verify [--repair] [--json] [CONFIG]`. Resolves with the exit status that `usage` tells. */
export function runVerify(command: VerifyCommand): Promise<number> {
  const { argv, stdout, stderr } = command;
  const subcommand = {
    argv,
    parse: parseVerifyArguments,
    usage,
    failure: 'failed to verify',
    stdout,
    stderr,
  };
  return runSubcommand<VerifyArguments>(subcommand, async (given) => {
    const summary = await verifyByHand(command, given);
    stdout.write(`${summaryLine(summary, given.json)}\n`);
    const { found, left, 'set-aside': aside } = summary.damages;
    return found + left + aside > 0 ? 3 : 0;
  });
}

async function verifyByHand(command: VerifyCommand, given: VerifyArguments): Promise<Summary> {
  const { driver, config } = await command.openStore(given.configPath);
  const { disabled, manifests } = config.validation;
  return verifyStore({
    driver,
    repair: given.repair,
    sparse: disabled || manifests.indexes.platforms !== 'all',
    run: runName(new Date()),
    pause: command.pause ?? usualPause,
    report: (settled) => void command.stdout.write(`${damageLine(settled, given.json)}\n`),
    signal: command.signal ?? new AbortController().signal,
  });
}

/** Sorts by time, and no two are the same. */
function runName(now: Date): string {
  return `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
}
