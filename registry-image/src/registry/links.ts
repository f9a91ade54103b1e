import type { StorageDriver } from '../storage/driver.ts';
import { NotAFileError, NotFoundError } from '../storage/errors.ts';
import { type Digest, parseDigest } from './digest.ts';

/** The digest in a link file; undefined when the file is absent or holds no digest (a crash of another server can leave it empty). */
export async function readLink(driver: StorageDriver, path: string): Promise<Digest | undefined> {
  const content = await absentAsUndefined(driver.getContent(path));
  return content && parseDigest(content.toString('latin1').trim());
}

/** Gives undefined for what is not there, or is no file, and lets every other failure through. */
export async function absentAsUndefined<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof NotAFileError) return undefined;
    throw error;
  }
}
