import { type Digest, isAlgorithm, parseDigest } from '../registry/digest.ts';
import * as paths from '../storage/paths.ts';
import { type BoundedReader, forEachAhead, forEachBounded } from './bounded-reader.ts';
import type { Link, RepositoryContent, TagContent } from './content.ts';
import { createDirectoryWalk, type Directory, type DirectoryWalk } from './directory-walk.ts';
import { readLink, readLinkEntry } from './link-entry.ts';
import type { FoundRepository } from './repository-walk.ts';

export interface ReadRepository {
  readonly content: RepositoryContent;
  /** Digest directories that hold no link any more. */
  readonly hollow: readonly string[];
  readonly unknown: readonly string[];
}

/** Reads one repository of the store. Throws what the storage threw, unless it tells of one file only. */
export async function readRepository(reader: BoundedReader, found: FoundRepository): Promise<ReadRepository> {
  const walk = createDirectoryWalk(reader, found.linked);
  const problems: string[] = [...found.problems];
  const context = { reader, walk, problems, hollow: [] as string[] };
  await walk.directories(paths.repositoryPath(found.name));
  await walk.directories(paths.manifestsPath(found.name));
  const [revisions, layers, tags, uploads] = await Promise.all([
    readLinks(context, paths.revisionsPath(found.name), true),
    readLinks(context, paths.layersPath(found.name), false),
    readTags(context, found.name),
    readUploads(context, found.name),
  ]);
  const content = {
    inStore: true,
    revisions,
    layers,
    tags,
    uploads,
    problems: [...problems, ...walk.followed],
  };
  return { content, hollow: context.hollow, unknown: walk.unknown };
}

interface Context {
  readonly reader: BoundedReader;
  readonly walk: DirectoryWalk;
  readonly problems: string[];
  readonly hollow: string[];
}

async function readLinks(context: Context, path: string, areRevisions: boolean): Promise<Map<string, Link>> {
  const links = new Map<string, Link>();
  for (const algorithm of await context.walk.directories(path)) {
    if (areRevisions && !isAlgorithm(algorithm.name)) {
      context.problems.push(`${algorithm.path} is of no known digest algorithm`);
    }
    const digests = await digestsIn(context.walk, algorithm);
    const files = { pathOf: linkOf, depth: 0 };
    await forEachAhead(context.reader, digests, files, async (near, [digest, entry]) => {
      const link = await readLinkEntry(near, `${entry.path}/link`, digest, areRevisions);
      if (link.kind === 'absent') context.hollow.push(entry.path);
      if (link.kind === 'link') links.set(digest, { ...link, trashed: false });
      if (link.kind !== 'unreadable') return;
      context.problems.push(`${entry.path}/link cannot be read: ${link.reason}`);
      links.set(digest, { modified: 0, trashed: false });
    });
  }
  return links;
}

async function digestsIn(
  walk: DirectoryWalk,
  algorithm: Directory,
  near?: BoundedReader,
): Promise<(readonly [Digest, Directory])[]> {
  if (!isAlgorithm(algorithm.name)) return [];
  return (await walk.directories(algorithm.path, near)).flatMap((entry) => {
    const digest = parseDigest(`${algorithm.name}:${entry.name}`);
    return digest ? [[digest, entry] as const] : [];
  });
}

function linkOf([, { path }]: readonly [Digest, Directory]): string {
  return `${path}/link`;
}

/** Below a tag: `current` and `index`, algorithms, digests. */
const tagLevels = { pathOf: ({ path }: Directory): string => path, depth: 3 };

async function readTags(context: Context, name: string): Promise<Map<string, TagContent>> {
  const tags = new Map<string, TagContent>();
  const directories = await context.walk.directories(paths.tagsPath(name));
  await forEachAhead(context.reader, directories, tagLevels, async (near, entry) => {
    const tag = entry.name;
    const path = paths.tagCurrentLinkPath(name, tag);
    const link = await readLink(near, path);
    if (link.kind === 'unreadable') context.problems.push(`${path} cannot be read: ${link.reason}`);
    const current = link.kind === 'digest' ? link.digest : undefined;
    const modified = current === undefined ? 0 : ((await near.stat(path))?.modified ?? 0);
    tags.set(tag, {
      current,
      modified,
      history: await readHistory(context.walk, near, paths.tagIndexPath(name, tag)),
    });
  });
  return tags;
}

async function readHistory(walk: DirectoryWalk, near: BoundedReader, path: string): Promise<string[]> {
  const history: string[] = [];
  for (const algorithm of await walk.directories(path, near)) {
    history.push(...(await digestsIn(walk, algorithm, near)).map(([digest]) => digest));
  }
  return history;
}

async function readUploads(context: Context, name: string): Promise<Map<string, number>> {
  const uploads = new Map<string, number>();
  await forEachBounded(await context.walk.directories(paths.uploadsPath(name)), async (entry) => {
    const id = entry.name;
    const startedAt = await context.reader.content(paths.uploadStartedAtPath(name, id));
    const started = Date.parse(startedAt?.toString('utf8') ?? '');
    // A slow upload is as alive as any: what counts is when something last happened to it.
    const data = await context.reader.stat(paths.uploadDataPath(name, id));
    const begun = Number.isNaN(started) ? (await context.reader.stat(entry.path))?.modified : started;
    uploads.set(id, Math.max(begun ?? 0, data?.modified ?? 0));
  });
  return uploads;
}
