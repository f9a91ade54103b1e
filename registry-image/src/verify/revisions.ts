import { type Digest, isAlgorithm, parseDigest } from '../registry/digest.ts';
import {
  blobDataPath,
  manifestsPath,
  revisionLinkPath,
  revisionPath,
  revisionsPath,
} from '../storage/paths.ts';
import type { Context } from './context.ts';
import { nameOf, openDirectory } from './directory.ts';
import type { Check, Finding } from './inspector.ts';
import { setLinkAside, writeLink } from './links.ts';
import { recoverBlob } from './recovery.ts';
import { describeLink } from './store.ts';

/** The digests that have a directory with a link among the revisions of a repository. */
export async function listRevisions(context: Context, name: string): Promise<Digest[]> {
  await openDirectory(context, manifestsPath(name), {
    directory: (child) => child === 'revisions' || child === 'tags',
  });
  return linkedDigests(context, revisionsPath(name), ['signatures']);
}

/**
 * The digests that have a link in their directory below `path`.
 * @param besides directories that may lie beside a link
 */
export async function linkedDigests(
  context: Context,
  path: string,
  besides: readonly string[] = [],
): Promise<Digest[]> {
  const digests: Digest[] = [];
  const algorithms = await openDirectory(context, path, { directory: isAlgorithm });
  for (const algorithm of algorithms.directories) {
    const toDigest = (hex: string): Digest | undefined => parseDigest(`${nameOf(algorithm)}:${hex}`);
    const { directories } = await openDirectory(context, algorithm.path, {
      directory: (hex) => toDigest(hex) !== undefined,
    });
    for (const directory of directories) {
      const digest = toDigest(nameOf(directory));
      const { files } = await openDirectory(context, directory.path, {
        file: (file) => file === 'link',
        directory: (child) => besides.includes(child),
      });
      if (digest && files.length > 0) digests.push(digest);
    }
  }
  return digests;
}

/** Checks that each revision link names its manifest, and that the manifest is there and is one. */
export async function verifyRevisions(
  context: Context,
  repository: string,
  digests: readonly Digest[],
): Promise<void> {
  for (const digest of digests) await context.inspector.inspect(revisionCheck(context, repository, digest));
  await context.inspector.settle();
}

function revisionCheck(context: Context, repository: string, digest: Digest): Check {
  const { store } = context;
  const path = revisionLinkPath(repository, digest);
  const isThere = async (): Promise<boolean> => (await store.manifest(digest)).kind === 'manifest';
  const place = { path, repository, digest };

  return {
    path,
    async look(): Promise<Finding | undefined> {
      const link = await store.link(path);
      if (link.kind === 'absent') return undefined;
      const manifest = await store.manifest(digest);
      if (manifest.kind === 'unknown') {
        return {
          damage: { ...place, kind: 'revision-unreadable', detail: 'its content is no manifest' },
        };
      }
      if (manifest.kind !== 'manifest') {
        // Told with the blob already.
        if (store.damagedBlobs.has(digest)) return undefined;
        return {
          damage: {
            ...place,
            kind: 'revision-link-dangling',
            detail: `${blobDataPath(digest)} is ${manifest.kind}`,
          },
          async repair() {
            const from = await recoverBlob(store, digest);
            if (from !== undefined) return { action: 'recovered', where: from };
            return setLinkAside(context, revisionPath(repository, digest), isThere);
          },
        };
      }
      if (link.kind === 'digest' && link.digest === digest) return undefined;
      return {
        damage: { ...place, kind: 'revision-link-content', detail: describeLink(link) },
        repair: () => writeLink(context, path, digest, isThere),
      };
    },
  };
}
