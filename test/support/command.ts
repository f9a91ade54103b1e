import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds after which the command is killed. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end, whatever its exit status. */
export async function execute(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 120_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? 137, stdout, stderr }));
  });
}

/** Runs a program that must succeed and returns its standard output. */
export async function must(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await execute(command, options);
  if (result.status !== 0) {
    throw new Error(`${command.join(' ')} exited with ${result.status}: ${result.stderr}${result.stdout}`);
  }
  return result.stdout;
}

/**
 * The words of a command line written as a template and split at white space. A text stands for a part of a word, whatever it
 * holds; a list stands for words of its own.
 */
export function words(
  parts: TemplateStringsArray,
  ...values: (string | number | readonly string[])[]
): string[] {
  const found: string[] = [];
  let open = false;
  const extend = (text: string): void => {
    if (open) found[found.length - 1] += text;
    else found.push(text);
    open = true;
  };
  for (const [at, part] of parts.entries()) {
    for (const piece of part.split(/(\s+)/)) {
      if (/^\s+$/.test(piece)) open = false;
      else if (piece !== '') extend(piece);
    }
    const value = values[at];
    if (typeof value === 'object') found.push(...value);
    else if (value !== undefined) extend(String(value));
  }
  return found;
}
