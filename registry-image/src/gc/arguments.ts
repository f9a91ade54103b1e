import { parseArgs } from 'node:util';
import { CollectionOptions } from '../config/maintenance.ts';
import { parseDuration } from '../config/duration.ts';

export interface GarbageCollectArguments {
  readonly options: CollectionOptions;
  readonly quiet: boolean;
  /** Path of config.yml, when one is given. */
  readonly configPath: string | undefined;
}

export const usage = `Usage:
  registry garbage-collect [OPTIONS] [CONFIG]

Options:
  -d, --dry-run            do everything except remove anything
  -m, --delete-untagged    delete manifests that no tag leads to
      --min-age DURATION   keep what was pushed or renewed within DURATION, such as 24h (default 0: nothing)
  -q, --quiet              print no output but problems
  -h, --help               print this text
`;

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
    options: {
      'dry-run': { type: 'boolean', short: 'd' },
      'delete-untagged': { type: 'boolean', short: 'm' },
      quiet: { type: 'boolean', short: 'q' },
      help: { type: 'boolean', short: 'h' },
      'min-age': { type: 'string' },
    },
  });
  const flags = new Map<string, boolean>();
  const paths: string[] = [];
  let minAge = 0;
  for (const token of tokens) {
    if (token.kind === 'positional') paths.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'min-age') minAge = duration(token.value);
    else flags.set(token.name, flag(token.rawName, token.name, token.value));
  }
  if (flags.get('help')) return 'help';
  if (paths.length > 1)
    throw new Error(`one config file is expected, but ${paths.length} were given: ${paths.join(', ')}`);
  return {
    options: CollectionOptions.parse({
      dryRun: flags.get('dry-run'),
      deleteUntagged: flags.get('delete-untagged'),
      minAge,
    }),
    quiet: flags.get('quiet') ?? false,
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
  if (!['dry-run', 'delete-untagged', 'quiet', 'help'].includes(name)) {
    throw new Error(`${rawName} is not an option of garbage-collect`);
  }
  const meaning = value === undefined ? true : booleans.get(value.toLowerCase());
  if (meaning === undefined)
    throw new Error(`${rawName} must be true or false, not ${JSON.stringify(value)}`);
  return meaning;
}

function duration(value: string | undefined): number {
  const milliseconds = value === undefined ? undefined : parseDuration(value);
  if (milliseconds === undefined || milliseconds < 0) {
    throw new Error(`--min-age must be a duration such as 24h or 90m, not ${JSON.stringify(value ?? '')}`);
  }
  return Math.round(milliseconds);
}
