import { parseArgs } from 'node:util';

export interface BackupArguments {
  readonly to: string;
  /** How many snapshots stay; all without it. */
  readonly keep: number | undefined;
  /** A file that gets the last line of the output too. */
  readonly report: string | undefined;
  readonly configPath: string | undefined;
}

export interface RestoreArguments {
  readonly from: string;
  readonly snapshot: string | undefined;
  readonly overwriteTags: boolean;
  readonly list: boolean;
  readonly report: string | undefined;
  readonly configPath: string | undefined;
}

export const backupUsage = `Usage:
  registry backup --to DIRECTORY [--keep N] [CONFIG]

Copies the storage into a backup, while it is served: the blobs that the backup lacks, then a snapshot of what clients can see.
A run that is ended early leaves no snapshot, and the next one goes on. What is copied is checked against its digest.

Options:
      --to DIRECTORY  the backup; it is made when it is not there, and takes any number of snapshots
      --keep N        then remove all snapshots but the newest N, and in time the blobs that only they need
      --report FILE   write what was done into FILE too, such as a container's termination message
  -h, --help          print this text

Exit status: 0 done; 1 it failed; 2 the command line is wrong; 3 done, but for what is damaged in the storage itself.
`;

export const restoreUsage = `Usage:
  registry restore --from DIRECTORY [--snapshot NAME] [--overwrite-tags] [CONFIG]
  registry restore --from DIRECTORY --list [CONFIG]

Puts into the storage what a snapshot has and the storage lacks, while it is served or not; takes nothing away. A run that is
ended early is run again.

Options:
      --from DIRECTORY  the backup
      --snapshot NAME   the snapshot; the newest by default
      --overwrite-tags  set tags that name something else back to what the snapshot says; by default they stay
      --report FILE     write what was done into FILE too
      --list            print the names of the snapshots, the oldest first
  -h, --help            print this text

Exit status: 0 done; 1 it failed; 2 the command line is wrong; 3 done, but for what is damaged in the backup itself.
`;

const help = { type: 'boolean', short: 'h' } as const;

/** Reads the arguments after `backup`; 'help' when that is asked for. Throws an error of one sentence. */
export function parseBackupArguments(argv: readonly string[]): BackupArguments | 'help' {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { to: { type: 'string' }, keep: { type: 'string' }, report: { type: 'string' }, help },
  });
  if (values.help) return 'help';
  return {
    to: needed('to', values.to),
    keep: count(values.keep),
    report: values.report,
    configPath: onlyPath(positionals),
  };
}

/** The same of `restore`. */
export function parseRestoreArguments(argv: readonly string[]): RestoreArguments | 'help' {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      snapshot: { type: 'string' },
      'overwrite-tags': { type: 'boolean' },
      list: { type: 'boolean' },
      report: { type: 'string' },
      help,
    },
  });
  if (values.help) return 'help';
  return {
    from: needed('from', values.from),
    snapshot: values.snapshot,
    overwriteTags: values['overwrite-tags'] ?? false,
    list: values.list ?? false,
    report: values.report,
    configPath: onlyPath(positionals),
  };
}

function needed(name: string, value: string | undefined): string {
  if (!value) throw new Error(`--${name} DIRECTORY is missing`);
  return value;
}

function count(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new Error(`--keep must be a number of snapshots such as 7, not ${JSON.stringify(value)}`);
  return Number(value);
}

function onlyPath(positionals: readonly string[]): string | undefined {
  if (positionals.length > 1)
    throw new Error(
      `one config file is expected, but ${positionals.length} were given: ${positionals.join(', ')}`,
    );
  return positionals[0];
}
