import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tally } from './tally.ts';

export interface Finished {
  readonly status: number;
  readonly stdout: string;
}

/** Runs a command with its output shown; resolves with its exit status, and what it printed when `capture` is set. */
export async function run(
  command: string[],
  options: { env?: NodeJS.ProcessEnv; capture?: boolean } = {},
): Promise<Finished> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    stdio: ['ignore', options.capture ? 'pipe' : 'inherit', 'inherit'],
    env: { ...process.env, ...options.env },
  });
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`${file}: ${error.message}\n`);
      resolve({ status: 127, stdout });
    });
    child.on('close', (code) => resolve({ status: code ?? 1, stdout }));
  });
}

/** A command that is one test: it passes when it exits with 0. */
export async function commandPhase(name: string, command: string[]): Promise<Tally> {
  const { status } = await run(command);
  const failures = status === 0 ? [] : [`${name} (exit status ${status})`];
  process.stdout.write(`${status === 0 ? '✓' : '✗'} ${name}\n`);
  return { passed: 1 - failures.length, failed: failures.length, failures };
}

/** Runs one vitest project and returns its tally; a run that leaves none is a failure. */
export async function vitestPhase(project: string, env: NodeJS.ProcessEnv = {}): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'wharfinger-tally-'));
  const file = join(folder, 'tally.json');
  try {
    const { status } = await run(['vitest', 'run', '--project', project], {
      env: { ...env, WHARFINGER_TALLY: file },
    });
    const result = JSON.parse(readFileSync(file, 'utf8')) as Tally;
    if (status === 0 || result.failed > 0) return result;
    const failures = [`${project}: vitest exited with ${status}`];
    return { passed: result.passed, failed: 1, failures };
  } catch (error) {
    return { passed: 0, failed: 1, failures: [`${project}: no result (${String(error)})`] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
