import { parseArgs } from 'node:util';
import { parseDuration } from '../config/duration.ts';
import { CollectionOptions, type RetentionRule } from '../config/maintenance.ts';

export interface GarbageCollectArguments {
  readonly options: CollectionOptions;
  readonly quiet: boolean;
  /** Nobody else uses the storage. */
  readonly offline: boolean;
  /** How to print the plan in place of distribution's lines. */
  readonly plan: 'json' | 'text' | undefined;
  /** Path of config.yml, when one is given. */
  readonly configPath: string | undefined;
}

export const usage = `Usage:
  registry garbage-collect [OPTIONS] [CONFIG]

Options:
  -d, --dry-run                     do everything except remove anything
  -m, --delete-untagged             delete manifests that no tag leads to
      --min-age DURATION            keep what was pushed or renewed within DURATION, such as 24h (default 0: nothing)
      --repositories PATTERN        collect only the repositories whose names fit; may be repeated
      --keep-last N                 remove tags first, in each repository all but the N newest
      --keep-younger-than DURATION  remove tags first, all but those set within DURATION
      --keep-pulled-within DURATION remove tags first, all but those pulled or set within DURATION
      --keep-matching PATTERN       remove tags first, all but those that fit; may be repeated
      --plan json|text              print what stays and why, and what goes
      --offline                     mark once and remove at once: for a storage that no registry serves from
  -q, --quiet                       print no output but problems
  -h, --help                        print this text

Marks, sweeps what nothing keeps alive, marks again and frees. Registries that serve from the same storage go on to serve: while it
sweeps they hold their writes for a moment, and they replace their workers before these go on. When one of them does not take part,
nothing is swept. Nothing is held in a dry run, nor when there is nothing to sweep.

With --offline what the mark gives up is removed at once, and not marked again: it takes less time, and is as safe as a collection by
distribution, that is while nobody pushes. Stop what serves from the storage first: a registry of Wharfinger that serves is refused,
another product's is not seen.

In a PATTERN, * stands for any characters but / and ** for any. A tag stays when one of several --keep options keeps it.
`;

const flagOptions = {
  'dry-run': { type: 'boolean', short: 'd' },
  'delete-untagged': { type: 'boolean', short: 'm' },
  quiet: { type: 'boolean', short: 'q' },
  offline: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const valueOptions = {
  'min-age': { type: 'string' },
  repositories: { type: 'string' },
  'keep-last': { type: 'string' },
  'keep-younger-than': { type: 'string' },
  'keep-pulled-within': { type: 'string' },
  'keep-matching': { type: 'string' },
  plan: { type: 'string' },
} as const;

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/**
 * Reads the arguments after `garbage-collect`; 'help' when that is asked for. Throws an error of one sentence.
 * By hand, leases are off unless --min-age is given, so that a run frees what distribution's frees.
 */
export function parseGarbageCollectArguments(argv: readonly string[]): GarbageCollectArguments | 'help' {
  const { tokens } = parseArgs({
    args: withSeparateValue(argv),
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: { ...flagOptions, ...valueOptions },
  });
  const flags = new Map<string, boolean>();
  const values = new Map<string, string[]>();
  const paths: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') paths.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (name in valueOptions) values.set(name, [...(values.get(name) ?? []), value ?? '']);
    else flags.set(name, flag(rawName, name, value));
  }
  if (flags.get('help')) return 'help';
  if (paths.length > 1)
    throw new Error(`one config file is expected, but ${paths.length} were given: ${paths.join(', ')}`);
  return {
    options: CollectionOptions.parse({
      dryRun: flags.get('dry-run'),
      deleteUntagged: flags.get('delete-untagged'),
      minAge: duration('min-age', values) ?? 0,
      repositories: patterns('repositories', values),
      retention: retention(values),
    }),
    quiet: flags.get('quiet') ?? false,
    offline: flags.get('offline') ?? false,
    plan: planFormat(values.get('plan')?.at(-1)),
    configPath: paths[0],
  };
}

/** `-m=true` as Go's flags have it: parseArgs knows a value only after a long name. */
function withSeparateValue(argv: readonly string[]): string[] {
  return argv.map((word) =>
    word.replace(/^-m=/, '--delete-untagged=').replace(/^-d=/, '--dry-run=').replace(/^-q=/, '--quiet='),
  );
}

function flag(rawName: string, name: string, value: string | undefined): boolean {
  if (!(name in flagOptions)) throw new Error(`${rawName} is not an option of garbage-collect`);
  const meaning = value === undefined ? true : booleans.get(value.toLowerCase());
  if (meaning === undefined)
    throw new Error(`${rawName} must be true or false, not ${JSON.stringify(value)}`);
  return meaning;
}

type Values = ReadonlyMap<string, readonly string[]>;

/** In milliseconds. */
function duration(name: string, values: Values): number | undefined {
  const value = values.get(name)?.at(-1);
  if (value === undefined) return undefined;
  const milliseconds = Math.round(parseDuration(value) ?? -1);
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
    throw new Error(`--${name} must be a duration such as 24h or 90m, not ${JSON.stringify(value)}`);
  }
  return milliseconds;
}

function patterns(name: string, values: Values): readonly string[] {
  const given = values.get(name) ?? [];
  // No name begins with a hyphen: it is an option that was taken for the pattern before it.
  const wrong = given.find((text) => text === '' || text.startsWith('-'));
  if (wrong === undefined) return given;
  throw new Error(`--${name} must be a pattern such as team/**, not ${JSON.stringify(wrong)}`);
}

/** One rule for all repositories that are collected. */
function retention(values: Values): RetentionRule[] {
  const rule = {
    repositories: ['**'],
    keepMatching: [...patterns('keep-matching', values)],
    keepLast: keepLast(values.get('keep-last')?.at(-1)),
    keepYoungerThan: duration('keep-younger-than', values),
    keepPulledWithin: duration('keep-pulled-within', values),
  };
  const isGiven = [...values.keys()].some((name) => name.startsWith('keep-'));
  return isGiven ? [rule] : [];
}

function keepLast(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value))
    throw new Error(`--keep-last must be a number of tags such as 10, not ${JSON.stringify(value)}`);
  return Number(value);
}

function planFormat(value: string | undefined): GarbageCollectArguments['plan'] {
  if (value === undefined || value === 'json' || value === 'text') return value;
  throw new Error(`--plan must be json or text, not ${JSON.stringify(value)}`);
}
