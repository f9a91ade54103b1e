import type { Child, Entry } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { type BoundedReader, forEachAhead, forEachBounded } from './bounded-reader.ts';
import { unreadableReason } from './content-error.ts';
import type { DigestTable } from './digest-table.ts';
import type { Doomed, DoomedList } from './doomed-list.ts';
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
  plan: CollectionPlan,
  digests: DigestTable,
): Promise<Inspection> {
  const doomed = createPackedDoomed(digests);
  const hollow: string[] = [];
  const dangling = await stillDangling(reader, plan);
  const files = { pathOf: fileOf, depth: 0 };
  await forEachAhead(reader, candidatesOf(plan, dangling), files, async (near, candidate) => {
    const found = await inspect(near, candidate);
    if (found === 'hollow') hollow.push(candidate.path);
    else if (found) doomed.push(found);
  });
  return { doomed: doomed.list(), hollow };
}

/** @returns `hollow` when its directory has nothing in it; undefined when it is to be left alone */
function inspect(reader: BoundedReader, candidate: Candidate): Promise<Doomed | 'hollow' | undefined> {
  const file = fileOf(candidate);
  return file === undefined ? inspectDirectory(reader, candidate) : inspectFile(reader, candidate, file);
}

/** What makes a digest's directory one; tags and uploads have no such file. */
function fileOf({ kind, path }: Candidate): string | undefined {
  if (kind === 'tag' || kind === 'upload') return undefined;
  return `${path}/${kind === 'blob' ? 'data' : 'link'}`;
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
  const ours = children.every(
    ({ name, kind }) => kind !== 'symbolicLink' && isUploadFile(`${candidate.path}/${name}`),
  );
  return ours ? { ...candidate, bytes: 0 } : undefined;
}

/**
 * Of a blob and a layer the file goes, and the directory after the sweep if nothing else is in it: no list of it is asked for. A revision
 * goes with its directory if it can, because whoever lists them takes the directory for one.
 */
async function inspectFile(
  reader: BoundedReader,
  candidate: Candidate,
  path: string,
): Promise<Doomed | 'hollow' | undefined> {
  const file = await statOf(reader, path);
  if (!file) return (await reader.children(candidate.path))?.length === 0 ? 'hollow' : undefined;
  if (file === 'odd' || file.isDirectory || file.isSymbolicLink) return undefined;
  if (candidate.kind !== 'revision')
    return { ...candidate, path, bytes: candidate.kind === 'blob' ? file.size : 0 };
  const isAlone = (await reader.children(candidate.path))?.length === 1;
  return { ...candidate, path: isAlone ? candidate.path : path, bytes: 0 };
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
