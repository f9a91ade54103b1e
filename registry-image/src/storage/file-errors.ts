import { NotAFileError, NotFoundError } from './errors.ts';

/** What the system says of a directory, a symbolic link to itself and a socket that are to be read. */
const oddFileCodes = ['EISDIR', 'ELOOP', 'ENXIO'];

/** The system's ways to say that there is no such file, or none that can be read, as the errors that drivers say it by. */
export async function absentAsNotFound<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw translated(path, error);
  }
}

/** The same of what is done synchronously. */
export function absentAsNotFoundSync<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translated(path, error);
  }
}

function translated(path: string, error: unknown): unknown {
  if (isAbsent(error)) return new NotFoundError(path);
  if (hasCode(error, ...oddFileCodes)) return new NotAFileError(path, error.code);
  return error;
}

export function isAbsent(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}

export function isFull(error: unknown): boolean {
  return hasCode(error, 'ENOSPC', 'EDQUOT');
}

export function hasCode(error: unknown, ...codes: string[]): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
