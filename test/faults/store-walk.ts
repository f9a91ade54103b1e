import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type LayoutPath, parsePath } from '../../registry-image/src/storage/paths.ts';

/** What lies in a store, seen from below: files and their names, without the registry. */
export interface StoreContent {
  /** Digests of the data files, with the file. */
  readonly blobs: ReadonlyMap<string, string>;
  /** `REPOSITORY@DIGEST`. */
  readonly layerLinks: ReadonlySet<string>;
  readonly revisionLinks: ReadonlySet<string>;
  /** Files and directories of uploads that have not ended. */
  readonly uploads: readonly string[];
  /** Temporary files of the driver. */
  readonly temporaries: readonly string[];
  /** Files that belong to no part of the layout. */
  readonly strange: readonly string[];
}

/** Lists the files of a store that nobody changes meanwhile. */
export async function walkStore(root: string): Promise<StoreContent> {
  const blobs = new Map<string, string>();
  const layerLinks = new Set<string>();
  const revisionLinks = new Set<string>();
  const uploads: string[] = [];
  const temporaries: string[] = [];
  const strange: string[] = [];

  function sort(path: string, file: string): void {
    if (file.includes('/_uploads/')) uploads.push(file);
    if (/\/\.wharfinger-[0-9a-f]+\.tmp$/.test(path)) return void temporaries.push(file);
    const place: LayoutPath | undefined = parsePath(path);
    if (place?.kind === 'blobData') blobs.set(place.digest, file);
    else if (place?.kind === 'layerLink') layerLinks.add(`${place.repository}@${place.digest}`);
    else if (place?.kind === 'revisionLink') revisionLinks.add(`${place.repository}@${place.digest}`);
    else if (!place && !path.startsWith('/.wharfinger/')) strange.push(file);
  }

  async function walk(directory: string): Promise<void> {
    for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
      const path = `${directory}/${entry.name}`;
      if (!entry.isDirectory()) {
        sort(path, join(root, path));
        continue;
      }
      if (path.includes('/_uploads/')) uploads.push(join(root, path));
      await walk(path);
    }
  }

  await walk('');
  return { blobs, layerLinks, revisionLinks, uploads, temporaries, strange };
}

/** The files whose content has another digest than their name says. */
export async function wrongBlobs({ blobs }: StoreContent): Promise<string[]> {
  const wrong: string[] = [];
  for (const [digest, file] of blobs) {
    if ((await digestOfFile(file, digest.slice(0, digest.indexOf(':')))) !== digest) wrong.push(file);
  }
  return wrong;
}

async function digestOfFile(file: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return `${algorithm}:${hash.digest('hex')}`;
}

/** The digests that links name and that have no data. */
export function danglingLinks({ blobs, layerLinks, revisionLinks }: StoreContent): string[] {
  return [...layerLinks, ...revisionLinks].filter((link) => !blobs.has(link.slice(link.indexOf('@') + 1)));
}
