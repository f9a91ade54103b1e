/** Where the steps of a long command are told. One object is shared by everything one command does. */
export interface Progress {
  /** Prints one line, for example `[ 12.3s] waiting for etcd`. `message` has no line break. */
  step(message: string): void;
}

/** The line for `message` at `elapsedMs` milliseconds after the start. */
export function progressLine(elapsedMs: number, message: string): string {
  return `[${(elapsedMs / 1000).toFixed(1).padStart(5)}s] ${message}\n`;
}

/** Progress that writes to `stream`, with times counted from `startedAt` (milliseconds of `performance.now()`). */
export function createProgress(
  stream: NodeJS.WritableStream = process.stderr,
  startedAt: number = 0,
): Progress {
  return {
    step(message: string): void {
      stream.write(progressLine(performance.now() - startedAt, message));
    },
  };
}

/** Progress that tells nothing: for callers that do not show it. */
export function silentProgress(): Progress {
  return { step(): void {} };
}
