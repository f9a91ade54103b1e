/** Where text goes. */
export interface TextSink {
  write(text: string): unknown;
}

export interface Subcommand<Given> {
  /** Arguments after the command's name. */
  readonly argv: readonly string[];
  /** Throws an error of one sentence when they are wrong. */
  readonly parse: (argv: readonly string[]) => Given | 'help';
  readonly usage: string;
  /** What is said before the reason when the work fails, such as `failed to verify`. */
  readonly failure: string;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

/** Runs a command of `registry` and gives its exit status: 1 the work threw, 2 wrong arguments, else what `work` gives. */
export async function runSubcommand<Given>(
  { argv, parse, usage, failure, stdout, stderr }: Subcommand<Given>,
  work: (given: Given) => Promise<number>,
): Promise<number> {
  let given: Given | 'help';
  try {
    given = parse(argv);
  } catch (error) {
    stderr.write(`Error: ${sentence(error)}\n${usage}`);
    return 2;
  }
  if (given === 'help') {
    stdout.write(usage);
    return 0;
  }
  try {
    return await work(given);
  } catch (error) {
    stderr.write(`${failure}: ${sentence(error)}\n`);
    return 1;
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
