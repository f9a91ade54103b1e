import type { Child } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
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
  await forEachBounded(candidatesOf(plan, dangling), async (candidate) => {
    const children = await reader.children(candidate.path);
    if (children?.length === 0) hollow.push(candidate.path);
    if (!children || children.length === 0) return;
    if (candidate.kind === 'tag') {
      const path = await tagPathToMove(reader, candidate.path, children);
      if (path !== undefined) doomed.push({ ...candidate, path, bytes: 0 });
      return;
    }
    if (candidate.kind === 'upload') {
      const ours = children.every(
        ({ name, kind }) => kind !== 'symbolicLink' && isUploadFile(`${candidate.path}/${name}`),
      );
      if (ours) doomed.push({ ...candidate, bytes: 0 });
      return;
    }
    const fileName = candidate.kind === 'blob' ? 'data' : 'link';
    if (!children.some(({ name, kind }) => name === fileName && kind === 'file')) return;
    const file = `${candidate.path}/${fileName}`;
    const path = children.length === 1 ? candidate.path : file;
    const bytes = candidate.kind === 'blob' ? (await reader.stat(file))?.size : 0;
    if (bytes !== undefined) doomed.push({ ...candidate, path, bytes });
  });
  return { doomed: doomed.list(), hollow };
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
