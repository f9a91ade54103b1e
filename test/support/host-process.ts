import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program of somebody else's that runs on this machine beside the cluster. */
export interface HostProcess {
  readonly running: boolean;
  /** What it printed last, for a failure's message. */
  readonly log: string;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

export function startHostProcess(command: readonly string[], env: NodeJS.ProcessEnv = {}): HostProcess {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    get running() {
      return isRunning();
    },
    get log() {
      return log;
    },
    async stop(): Promise<void> {
      if (!isRunning()) return;
      const ended = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}
