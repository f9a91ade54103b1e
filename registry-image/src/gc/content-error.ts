/** Errors that tell of one file for good (its rights, what it is), not of the storage: the file is unreadable. */
const lasting: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EPERM',
  'EISDIR',
  'ELOOP',
  'ENXIO',
  'ENAMETOOLONG',
]);

/** Why a file is unreadable, or undefined when the error may be anything else and must end the run. */
export function unreadableReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return lasting.has(error.code) ? String(error.code) : undefined;
}
