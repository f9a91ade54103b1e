import { randomBytes } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { parseVerifyArguments, usage, type VerifyArguments } from './arguments.ts';
import { damageLine, summaryLine } from './output.ts';
import { type Summary, verifyStore } from './verify.ts';

/** Milliseconds between the two looks: longer than a commit section of a live registry, which lasts milliseconds. */
const usualPause = 1_000;

/** Where text goes. */
export interface TextSink {
  write(text: string): unknown;
}

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
export async function runVerify(command: VerifyCommand): Promise<number> {
  const { stdout, stderr } = command;
  let given: VerifyArguments | 'help';
  try {
    given = parseVerifyArguments(command.argv);
  } catch (error) {
    stderr.write(`Error: ${sentence(error)}\n${usage}`);
    return 2;
  }
  if (given === 'help') {
    stdout.write(usage);
    return 0;
  }
  try {
    const summary = await verifyByHand(command, given);
    stdout.write(`${summaryLine(summary, given.json)}\n`);
    const { found, left, 'set-aside': aside } = summary.damages;
    return found + left + aside > 0 ? 3 : 0;
  } catch (error) {
    stderr.write(`failed to verify: ${sentence(error)}\n`);
    return 1;
  }
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

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
