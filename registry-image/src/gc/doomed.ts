import type { Child, Entry } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { type BoundedReader, forEachBounded, forEachFile } from './bounded-reader.ts';
import { unreadableReason } from './content-error.ts';
import type { StoreContent } from './content.ts';
import { type Doomed, type DoomedList, sweepOrder } from './doomed-list.ts';
import { gatherList } from './gathered.ts';
import type { Memory } from './memory.ts';
import { createPackedDoomed } from './packed-doomed.ts';
import type { CollectionPlan } from './plan.ts';

export interface Inspection {
  /** In the order of a sweep. */
  readonly doomed: DoomedList;
  /** Directories of dead digests with nothing in them. */
  readonly hollow: readonly string[];
}

type Candidate = Omit<Doomed, 'bytes'>;

/** Looks at what a plan gives up and leaves out what is not there, is a symbolic link, or is foreign. Changes nothing. */
export async function inspectDoomed(
  reader: BoundedReader,
  { content, plan }: { content: StoreContent; plan: CollectionPlan },
  memory: Memory,
): Promise<Inspection> {
  const doomed = gatherList(memory, createPackedDoomed, inSweepOrder);
  const hollow: string[] = [];
  const dangling = await stillDangling(reader, plan);
  const take = (candidate: Candidate, found: Doomed | 'hollow' | undefined): void => {
    if (found === 'hollow') hollow.push(candidate.path);
    else if (found) doomed.push(found);
  };
  const isSeen = (candidate: Candidate): boolean => isSeenLayer(content, candidate);
  await forEachFile(reader, candidatesOf(plan, dangling), {
    pathOf: (candidate) => (isSeen(candidate) ? undefined : filePathOf(candidate)),
    tell(candidate, seen) {
      if (seen) take(candidate, fileOf(candidate, seen.size));
      return seen !== null;
    },
    async ask(candidate) {
      take(candidate, isSeen(candidate) ? fileOf(candidate, 0) : await inspect(reader, candidate));
    },
  });
  return { doomed: doomed.list, hollow };
}

function inSweepOrder(doomed: Doomed[]): DoomedList {
  return sweepOrder.flatMap((kind) => doomed.filter((each) => each.kind === kind));
}

/** It was looked at when the store was read. */
function isSeenLayer({ repositories }: StoreContent, { kind, repository = '', digest }: Candidate): boolean {
  return kind === 'layer' && repositories.get(repository)?.layers.get(digest)?.isFile === true;
}

/** @returns `hollow` when its directory has nothing in it; undefined when it is to be left alone */
function inspect(reader: BoundedReader, candidate: Candidate): Promise<Doomed | 'hollow' | undefined> {
  const file = filePathOf(candidate);
  return file === undefined ? inspectDirectory(reader, candidate) : inspectFile(reader, candidate, file);
}

/**
 * Of a blob, a layer and an entry the file goes, and the directory after the sweep if nothing else is in it: no list of it is asked for.
 * @returns where that file is; undefined for what goes with its directory if it can
 */
function filePathOf({ kind, path }: Candidate): string | undefined {
  if (kind === 'blob') return `${path}/data`;
  return kind === 'layer' || kind === 'tagEntry' ? `${path}/link` : undefined;
}

function fileOf(candidate: Candidate, size: number): Doomed {
  const path = filePathOf(candidate) ?? candidate.path;
  return { ...candidate, path, bytes: candidate.kind === 'blob' ? size : 0 };
}

async function inspectDirectory(
  reader: BoundedReader,
  candidate: Candidate,
): Promise<Doomed | 'hollow' | undefined> {
  const children = await reader.children(candidate.path);
  if (!children) return undefined;
  if (children.length === 0) return 'hollow';
  if (candidate.kind === 'tag') {
    const path = await tagPathToMove(reader, candidate.path, children);
    return path === undefined ? undefined : { ...candidate, path, bytes: 0 };
  }
  if (candidate.kind === 'revision') return revisionToMove(candidate, children);
  const ours = children.every(
    ({ name, kind }) => kind !== 'symbolicLink' && isUploadFile(`${candidate.path}/${name}`),
  );
  return ours ? { ...candidate, bytes: 0 } : undefined;
}

/** A revision goes with its directory if it can, because whoever lists them takes the directory for one. */
function revisionToMove(candidate: Candidate, children: readonly Child[]): Doomed | undefined {
  if (!children.some(({ name, kind }) => name === 'link' && kind === 'file')) return undefined;
  const path = children.length === 1 ? candidate.path : `${candidate.path}/link`;
  return { ...candidate, path, bytes: 0 };
}

async function inspectFile(
  reader: BoundedReader,
  candidate: Candidate,
  path: string,
): Promise<Doomed | 'hollow' | undefined> {
  const file = await statOf(reader, path);
  if (!file) return (await reader.children(candidate.path))?.length === 0 ? 'hollow' : undefined;
  if (file === 'odd' || file.isDirectory || file.isSymbolicLink) return undefined;
  return fileOf(candidate, file.size);
}

/** `odd`: it is something that cannot be looked at, which is for good. */
async function statOf(reader: BoundedReader, path: string): Promise<Entry | 'odd' | undefined> {
  try {
    return await reader.stat(path);
  } catch (error) {
    if (unreadableReason(error) === undefined) throw error;
    return 'odd';
  }
}

function* candidatesOf(plan: CollectionPlan, dangling: readonly Candidate[]): Generator<Candidate> {
  yield* repositoryCandidates(plan);
  yield* dangling;
  for (const digest of plan.deadBlobs) yield { kind: 'blob', digest, path: paths.blobPath(digest) };
}

export function* repositoryCandidates(plan: CollectionPlan): Generator<Candidate> {
  for (const [repository, dead] of plan.repositories) {
    for (const { tag, digest } of dead.removedTags) {
      yield { kind: 'tag', digest, repository, tag, path: paths.tagPath(repository, tag) };
    }
    for (const { tag, digest } of dead.deadTagEntries) {
      const path = paths.tagIndexLinkPath(repository, tag, digest).slice(0, -'/link'.length);
      yield { kind: 'tagEntry', digest, repository, tag, path };
    }
    for (const digest of dead.deadRevisions) {
      yield { kind: 'revision', digest, repository, path: paths.revisionPath(repository, digest) };
    }
    for (const digest of dead.deadLayers) {
      yield { kind: 'layer', digest, repository, path: paths.layerPath(repository, digest) };
    }
    for (const id of dead.staleUploads) {
      yield { kind: 'upload', digest: id, repository, path: paths.uploadPath(repository, id) };
    }
  }
}

/** Links whose blob is still missing: it may have come after the blobs were listed. */
export async function stillDangling(reader: BoundedReader, plan: CollectionPlan): Promise<Candidate[]> {
  const missing: Candidate[] = [];
  for (const [repository, { danglingLayers }] of plan.repositories) {
    await forEachBounded(danglingLayers, async (digest) => {
      if (await reader.stat(paths.blobDataPath(digest))) return;
      missing.push({ kind: 'layer', digest, repository, path: paths.layerPath(repository, digest) });
    });
  }
  return missing;
}

/** A tag that nothing keeps must not stay, or it would name what is gone; undefined when it went by itself. */
async function tagPathToMove(
  reader: BoundedReader,
  path: string,
  children: readonly Child[],
): Promise<string | undefined> {
  const current = (await reader.children(`${path}/current`)) ?? [];
  if (!current.some(({ name }) => name === 'link')) return undefined;
  const ours = children.every(
    ({ name, kind }) => kind === 'directory' && ['current', 'index'].includes(name),
  );
  return ours && current.length === 1 ? path : `${path}/current/link`;
}

function isUploadFile(path: string): boolean {
  const kind = paths.parsePath(path)?.kind;
  return kind === 'uploadData' || kind === 'uploadStartedAt' || path.endsWith('/hashstates');
}
