import { CommandError, lastLines } from '../process/run.ts';

/** A step that did not work: one sentence for the user, and the command or file that shows more. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';

  constructor(problem: string, lookAt: string) {
    super(`${problem}\nLook at: ${lookAt}`);
  }
}

/** The message of anything that was thrown; of a command, the last line of what it said. */
export function messageOf(error: unknown): string {
  if (error instanceof CommandError) return lastLines(error.stderr, 1) || error.message;
  return error instanceof Error ? error.message : String(error);
}
