import { parseArgs } from 'node:util';
import { type FlagName, type Flags, flagTypes, globalFlags } from './flags.ts';
import { type CommandName, type Synopsis, synopses } from './synopses.ts';
import { UsageError } from './usage-error.ts';

/** A command that can be run. */
export interface CommandLine {
  readonly command: CommandName;
  readonly operands: readonly string[];
  readonly flags: Flags;
}

/** A wish for the usage: of a command, or of all. */
export interface HelpWish {
  readonly help: CommandName | 'all';
}

/**
 * Reads the arguments after `kubectl registry`. Booleans may be written as kubectl writes them, `--wait=false`.
 * @throws UsageError
 */
export function parseCommandLine(args: readonly string[]): CommandLine | HelpWish {
  const { flags, positionals } = parse(args);
  const [name, ...operands] = positionals;
  if (name === undefined) {
    if (flags.help) return { help: 'all' };
    throw new UsageError('a command is missing');
  }
  if (!isCommandName(name)) {
    throw new UsageError(`there is no command ${name}; the commands are ${Object.keys(synopses).join(', ')}`);
  }
  if (flags.help) return { help: name };
  const synopsis: Synopsis = synopses[name];
  checkFlags(name, synopsis, flags);
  checkOperands(name, synopsis, operands);
  return { command: name, operands, flags };
}

function parse(args: readonly string[]): { flags: Flags; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: args.map(plainBoolean),
      options: flagTypes,
      allowPositionals: true,
      allowNegative: true,
    });
    return { flags: values, positionals };
  } catch (error) {
    // Node explains at length how a value could begin with a dash; the first sentence names the flag.
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw new UsageError(first.charAt(0).toLowerCase() + first.slice(1));
  }
}

/** `--wait=false` as `--no-wait`, `--wait=true` as `--wait`. */
function plainBoolean(argument: string): string {
  const [, name = '', value] = /^--([a-z-]+)=(true|false)$/.exec(argument) ?? [];
  if (!(name in flagTypes) || flagTypes[name as FlagName].type !== 'boolean') return argument;
  return value === 'true' ? `--${name}` : `--no-${name}`;
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(synopses, name);
}

function checkFlags(name: CommandName, synopsis: Synopsis, flags: Flags): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (![...globalFlags, ...synopsis.flags].includes(flag as FlagName)) {
      throw new UsageError(`--${flag} does not go with ${name}`);
    }
    if (value === '') throw new UsageError(`--${flag} needs a value`);
  }
  const { output } = flags;
  if (output !== undefined && output !== 'json' && output !== 'table') {
    throw new UsageError(`--output ${output} is not known; it is json or table`);
  }
}

function checkOperands(name: CommandName, synopsis: Synopsis, operands: readonly string[]): void {
  const missing = synopsis.operands[operands.length];
  if (missing !== undefined) throw new UsageError(`${name} needs ${missing}`);
  const surplus = operands[synopsis.operands.length];
  if (surplus !== undefined) throw new UsageError(`${name} does not take ${surplus}`);
}
