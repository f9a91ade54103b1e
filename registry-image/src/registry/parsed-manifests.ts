import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath } from '../storage/paths.ts';
import type { Digest } from './digest.ts';
import { absentAsUndefined } from './links.ts';
import { ManifestFormatError, type ParsedManifest, parseManifest } from './manifest-format.ts';
import { parseSchema1 } from './schema1/manifest.ts';

/** Reads a manifest of the store; undefined when it is absent, or no manifest. */
export type ReadManifest = (digest: Digest) => Promise<ParsedManifest | undefined>;

export function createManifestReader({ driver }: { driver: StorageDriver }): ReadManifest {
  return async (digest) => {
    const content = await absentAsUndefined(driver.getContent(blobDataPath(digest)));
    return (
      content &&
      (parsedOrUndefined(parseManifest, content) ?? parsedOrUndefined(parseSchema1, content)?.manifest)
    );
  };
}

function parsedOrUndefined<T>(parse: (content: Buffer) => T, content: Buffer): T | undefined {
  try {
    return parse(content);
  } catch (error) {
    if (error instanceof ManifestFormatError) return undefined;
    throw error;
  }
}
