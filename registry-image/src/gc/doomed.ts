import * as paths from '../storage/paths.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import type { CollectionPlan } from './plan.ts';

export type DoomedKind = 'tagEntry' | 'revision' | 'layer' | 'blob' | 'upload';

/** Something of the store that goes: a digest's directory, or the file in it when something foreign lies beside. */
export interface Doomed {
  readonly kind: DoomedKind;
  readonly path: string;
  readonly digest: string;
  /** Bytes of blob data, 0 for links and uploads. */
  readonly bytes: number;
}

/** The order of a sweep, top-down: whatever is still visible after a kill is complete. */
export const sweepOrder: readonly DoomedKind[] = ['tagEntry', 'revision', 'layer', 'blob', 'upload'];

export interface Inspection {
  readonly doomed: readonly Doomed[];
  /** Directories of dead digests with nothing in them. */
  readonly hollow: readonly string[];
}

interface Candidate {
  readonly kind: DoomedKind;
  readonly path: string;
  readonly digest: string;
}

/** Looks at what a plan gives up and leaves out what is not there, is a symbolic link, or is foreign. Changes nothing. */
export async function inspectDoomed(reader: BoundedReader, plan: CollectionPlan): Promise<Inspection> {
  const doomed: Doomed[] = [];
  const hollow: string[] = [];
  const candidates = [
    ...repositoryCandidates(plan),
    ...(await danglingCandidates(reader, plan)),
    ...blobCandidates(plan),
  ];
  await forEachBounded(candidates, async (candidate) => {
    const entries = await reader.list(candidate.path);
    if (entries?.length === 0) hollow.push(candidate.path);
    if (!entries || entries.length === 0) return;
    if (candidate.kind === 'upload') {
      const ours = entries.every((entry) => !entry.isSymbolicLink && isUploadFile(entry.path));
      if (ours) doomed.push({ ...candidate, bytes: 0 });
      return;
    }
    const file = `${candidate.path}/${candidate.kind === 'blob' ? 'data' : 'link'}`;
    const entry = entries.find(({ path }) => path === file);
    if (!entry || entry.isDirectory || entry.isSymbolicLink) return;
    const path = entries.length === 1 ? candidate.path : file;
    doomed.push({ ...candidate, path, bytes: candidate.kind === 'blob' ? entry.size : 0 });
  });
  return { doomed: doomed.sort((a, b) => (a.path < b.path ? -1 : 1)), hollow };
}

function* repositoryCandidates(plan: CollectionPlan): Generator<Candidate> {
  for (const [name, repository] of plan.repositories) {
    for (const { tag, digest } of repository.deadTagEntries) {
      yield {
        kind: 'tagEntry',
        digest,
        path: paths.tagIndexLinkPath(name, tag, digest).slice(0, -'/link'.length),
      };
    }
    for (const digest of repository.deadRevisions) {
      yield { kind: 'revision', digest, path: paths.revisionPath(name, digest) };
    }
    for (const digest of repository.deadLayers) {
      yield { kind: 'layer', digest, path: paths.layerPath(name, digest) };
    }
    for (const id of repository.staleUploads) {
      yield { kind: 'upload', digest: id, path: paths.uploadPath(name, id) };
    }
  }
}

function* blobCandidates(plan: CollectionPlan): Generator<Candidate> {
  for (const digest of plan.deadBlobs) yield { kind: 'blob', digest, path: paths.blobPath(digest) };
}

/** Links whose blob is still missing: it may have come after the blobs were listed. */
async function danglingCandidates(reader: BoundedReader, plan: CollectionPlan): Promise<Candidate[]> {
  const missing: Candidate[] = [];
  for (const [name, repository] of plan.repositories) {
    await forEachBounded(repository.danglingLayers, async (digest) => {
      if (await reader.stat(paths.blobDataPath(digest))) return;
      missing.push({ kind: 'layer', digest, path: paths.layerPath(name, digest) });
    });
  }
  return missing;
}

function isUploadFile(path: string): boolean {
  const kind = paths.parsePath(path)?.kind;
  return kind === 'uploadData' || kind === 'uploadStartedAt' || path.endsWith('/hashstates');
}
