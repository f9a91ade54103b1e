/** A step that did not work: one sentence for the user, and the command or file that shows more. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';

  constructor(problem: string, lookAt: string) {
    super(`${problem}\nLook at: ${lookAt}`);
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
