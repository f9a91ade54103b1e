import { parseArgs } from 'node:util';

/** The command line is wrong; the message says how, without any password. */
export class HtpasswdUsageError extends Error {
  override readonly name = 'HtpasswdUsageError';
}

export interface HtpasswdArguments {
  readonly user: string;
  /** Absent: to be read from standard input. */
  readonly password?: string;
  /** bcrypt's cost, log2 of the rounds; 5 as in Apache's htpasswd. */
  readonly cost: number;
}

/** Reads the arguments of Apache's `htpasswd` as far as they are there. Throws HtpasswdUsageError. */
export function parseHtpasswdArguments(argv: readonly string[]): HtpasswdArguments {
  const { values, positionals } = parse(argv);
  const [user = '', password] = positionals;
  const cost = Number(values.C ?? 5);
  if (!values.B) throw new HtpasswdUsageError('only bcrypt is accepted by a registry, give -B');
  if (!values.n) throw new HtpasswdUsageError('only standard output is written, give -n');
  if (!Number.isInteger(cost) || cost < 4 || cost > 17)
    throw new HtpasswdUsageError('-C takes a number from 4 to 17');
  if (user === '' || user.includes(':')) throw new HtpasswdUsageError("a user without ':' is needed");
  if (positionals.length > 2) throw new HtpasswdUsageError('too many arguments');
  if (values.i) return { user, cost };
  if (!values.b || password === undefined)
    throw new HtpasswdUsageError('give -b and the password, or -i and no password');
  return { user, password, cost };
}

function parse(argv: readonly string[]): {
  values: { B?: boolean; b?: boolean; n?: boolean; i?: boolean; C?: string };
  positionals: string[];
} {
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        B: { ...flag, short: 'B' },
        b: { ...flag, short: 'b' },
        n: { ...flag, short: 'n' },
        i: { ...flag, short: 'i' },
        C: { type: 'string', short: 'C' },
      },
    });
  } catch {
    throw new HtpasswdUsageError('unknown or incomplete option');
  }
}
