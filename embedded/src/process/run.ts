import { spawn } from 'node:child_process';

/** How a command is run. */
export interface RunOptions {
  /** Milliseconds after which the command is killed and the call fails. */
  timeoutMs: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Text for the command's standard input. */
  input?: string;
  /** Called with each line of standard error as it comes. */
  onErrorLine?: (line: string) => void;
}

/** A command that could not be started, failed, or took too long; the message ends with what it printed last. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly stderr: string;

  constructor(message: string, stderr: string) {
    super(message);
    this.stderr = stderr;
  }
}

/** Runs `command` and returns its standard output. Throws CommandError unless it exits with status 0 in time. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: 'pipe' });
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    const startedAt = performance.now();
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    if (options.onErrorLine) forEachLine(child.stderr, options.onErrorLine);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new CommandError(`${command} cannot be run: ${error.message}`, stderr));
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      if (status === 0) return resolve(stdout);
      const late = performance.now() - startedAt >= options.timeoutMs;
      const reason = late ? `did not finish within ${options.timeoutMs / 1000} s` : `failed (${status})`;
      reject(
        new CommandError(`${command} ${args.join(' ')} ${reason}\n${lastLines(stderr + stdout, 30)}`, stderr),
      );
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** The last `count` non-empty lines of `text`. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}

function forEachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
