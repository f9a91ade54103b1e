import { dirname } from 'node:path/posix';
import { type Digest, isAlgorithm, parseDigest } from '../registry/digest.ts';
import * as paths from '../storage/paths.ts';
import type { Surveyed } from '../storage/survey.ts';
import { type BoundedReader, forEachBounded, forEachFile } from './bounded-reader.ts';
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
  // Other repositories may lie beside its own directories: what hides one of them is no problem of this one.
  const root = createDirectoryWalk(reader, found.linked);
  await root.directories(paths.repositoryPath(found.name));
  const own = `${paths.repositoryPath(found.name)}/_`;
  problems.push(...root.followed, ...root.unknown.filter((sentence) => sentence.startsWith(own)));
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
    problems: [...problems, ...walk.followed, ...walk.unknown],
  };
  return { content, hollow: context.hollow, unknown: [...root.unknown, ...walk.unknown] };
}

interface Context {
  readonly reader: BoundedReader;
  readonly walk: DirectoryWalk;
  readonly problems: string[];
  readonly hollow: string[];
}

async function readLinks(context: Context, path: string, areRevisions: boolean): Promise<Map<string, Link>> {
  const { reader, walk, problems, hollow } = context;
  const links = new Map<string, Link>();
  for (const algorithm of await walk.directories(path)) {
    if (areRevisions && !isAlgorithm(algorithm.name)) {
      problems.push(`${algorithm.path} is of no known digest algorithm`);
    }
    const digests = await digestsIn(walk, algorithm);
    await forEachFile(reader, digests, {
      pathOf: ([, entry]) => `${entry.path}/link`,
      // Of a layer the size is enough: what it names is told by its path.
      ...(areRevisions && { contentUpTo: longestLink }),
      tell([digest], seen) {
        if (!seen || !(areRevisions ? isContent(seen, digest) : seen.size === digest.length)) return false;
        links.set(digest, { modified: seen.modified, trashed: false, isFile: true });
        return true;
      },
      async ask([digest, entry]) {
        const link = await readLinkEntry(reader, `${entry.path}/link`, digest, areRevisions);
        const isHidden = link.kind === 'absent' && (await leadsNowhere(reader, entry.path));
        if (link.kind === 'absent' && !isHidden) hollow.push(entry.path);
        if (link.kind === 'link') links.set(digest, { ...link, trashed: false });
        // It would stay, and be seen, without what it names.
        if (link.kind === 'link' && areRevisions && !link.isFile)
          problems.push(`${entry.path}/link is a symbolic link`);
        if (link.kind === 'unreadable') problems.push(`${entry.path}/link cannot be read: ${link.reason}`);
        if (isHidden) problems.push(`${entry.path}/link leads nowhere`);
        if (link.kind === 'unreadable' || isHidden) links.set(digest, { modified: 0, trashed: false });
      },
    });
  }
  return links;
}

/** Bytes of what is read of a link with one look at many. */
const longestLink = 256;

function isContent(seen: NonNullable<Surveyed>, digest: Digest): boolean {
  return seen.content?.toString('latin1') === digest;
}

async function digestsIn(
  walk: DirectoryWalk,
  algorithm: Directory,
): Promise<(readonly [Digest, Directory])[]> {
  if (!isAlgorithm(algorithm.name)) return [];
  return (await walk.directories(algorithm.path)).flatMap((entry) => {
    const digest = parseDigest(`${algorithm.name}:${entry.name}`);
    return digest ? [[digest, entry] as const] : [];
  });
}

/** Whether the link in a directory, which nothing was read of, is a symbolic link. */
async function leadsNowhere(reader: BoundedReader, directory: string): Promise<boolean> {
  const children = (await reader.children(directory)) ?? [];
  return children.some(({ name, kind }) => name === 'link' && kind === 'symbolicLink');
}

async function readTags(context: Context, name: string): Promise<Map<string, TagContent>> {
  const { reader, walk, problems } = context;
  const tags = new Map<string, TagContent>();
  const pathOf = ({ name: tag }: Directory): string => paths.tagCurrentLinkPath(name, tag);
  const set = (tag: string, current?: string, modified = 0): void => {
    tags.set(tag, { current, modified: current === undefined ? 0 : modified, history: [] });
  };
  const directories = await walk.directories(paths.tagsPath(name));
  await forEachFile(reader, directories, {
    pathOf,
    contentUpTo: longestLink,
    tell(entry, seen) {
      const current = seen?.content && parseDigest(seen.content.toString('latin1'));
      if (!current) return false;
      set(entry.name, current, seen?.modified);
      return true;
    },
    async ask(entry) {
      const path = pathOf(entry);
      const link = await readLink(reader, path);
      if (link.kind === 'unreadable') problems.push(`${path} cannot be read: ${link.reason}`);
      if (link.kind === 'absent') {
        await walk.directories(entry.path);
        if (await leadsNowhere(reader, dirname(path))) problems.push(`${path} leads nowhere`);
      }
      const current = link.kind === 'digest' ? link.digest : undefined;
      set(entry.name, current, current === undefined ? 0 : (await reader.stat(path))?.modified);
    },
  });
  await readHistories(walk, name, tags);
  return tags;
}

async function readHistories(
  walk: DirectoryWalk,
  name: string,
  tags: Map<string, TagContent>,
): Promise<void> {
  await forEachBounded([...tags], async ([tag, content]) => {
    const history: string[] = [];
    for (const algorithm of await walk.directories(paths.tagIndexPath(name, tag))) {
      history.push(...(await digestsIn(walk, algorithm)).map(([digest]) => digest));
    }
    tags.set(tag, { ...content, history });
  });
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
