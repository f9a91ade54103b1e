import { NotFoundError } from './errors.ts';

/** The system's ways to say that there is no such file, as the one error that drivers say it by. */
export async function absentAsNotFound<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw isAbsent(error) ? new NotFoundError(path) : error;
  }
}

export function isAbsent(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
