import { parseArgs } from 'node:util';

export interface VerifyArguments {
  readonly repair: boolean;
  /** One JSON object a line in place of text. */
  readonly json: boolean;
  /** Path of config.yml, when one is given. */
  readonly configPath: string | undefined;
}

export const usage = `Usage:
  registry verify [OPTIONS] [CONFIG]

Reads every blob, link, manifest, tag and upload of the storage and prints a line for each damage, then a summary. Works
beside a live registry, and without --repair writes nothing. docs/verify.md lists the damages and their repairs.

Options:
      --repair   mend what can be mended; what cannot is moved below /.wharfinger/set-aside/RUN/, never deleted
      --json     print JSON, one object a line: {"damage", "path", "repository", "digest", "detail", "action", "where"},
                 at last {"summary"}
  -h, --help     print this text

Exit status: 0 nothing is damaged, or all was repaired; 1 the config is wrong or the storage cannot be used; 2 the command
line is wrong; 3 there is damage that was found, set aside or left.
`;

/** Reads the arguments after `verify`; 'help' when that is asked for. Throws an error of one sentence. */
export function parseVerifyArguments(argv: readonly string[]): VerifyArguments | 'help' {
  const { values, positionals } = parseArgs({
    args: [...argv],
    strict: true,
    allowPositionals: true,
    options: {
      repair: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  if (positionals.length > 1) {
    throw new Error(
      `one config file is expected, but ${positionals.length} were given: ${positionals.join(', ')}`,
    );
  }
  return { repair: values.repair ?? false, json: values.json ?? false, configPath: positionals[0] };
}
