import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath, revisionsPath } from '../storage/paths.ts';
import { type Digest, parseDigest } from './digest.ts';
import { absentAsUndefined } from './links.ts';
import { storedForm } from './stored-manifest.ts';

/** Repositories whose index is kept, and manifests whose subject is remembered; a digest never changes its meaning. */
const keptRepositories = 64;
const keptSubjects = 50_000;
/** Manifests that are read together. */
const readBatch = 32;
/** Milliseconds within which two changes of a directory may leave it with the same time (or with the time of an NFS server). */
const coarsestClock = 2_000;

/**
 * Which revisions of a repository are about which manifest. Nothing of it is on the storage, where another server
 * would not maintain it: it follows the directory of the revisions, which shows what any server adds.
 */
export interface SubjectIndex {
  /** Revisions by the subject that they name, each list sorted. A revision may have gone meanwhile. */
  of(repository: string): Promise<ReadonlyMap<Digest, readonly Digest[]>>;
}

interface Snapshot {
  /** The state of the directories that it was made from. */
  readonly state: string;
  readonly bySubject: ReadonlyMap<Digest, readonly Digest[]>;
}

export function createSubjectIndex(options: { driver: StorageDriver }): SubjectIndex {
  const { driver } = options;
  const snapshots = new Map<string, Snapshot>();
  const subjects = new Map<Digest, Digest | null>();

  async function of(repository: string): Promise<ReadonlyMap<Digest, readonly Digest[]>> {
    const before = Date.now();
    const algorithms = await entriesIn(revisionsPath(repository));
    const state = algorithms.map(({ path, modified }) => `${path} ${modified}`).join('\n');
    const known = snapshots.get(repository);
    if (known?.state === state) return known.bySubject;
    const { bySubject, complete } = await build(algorithms.map(({ path }) => path));
    // A change that the next look could not tell from this one must not be missed.
    const settled = algorithms.every(({ modified }) => modified > 0 && before - modified > coarsestClock);
    snapshots.delete(repository);
    if (complete && settled) snapshots.set(repository, { state, bySubject });
    for (const oldest of snapshots.keys()) {
      if (snapshots.size <= keptRepositories) break;
      snapshots.delete(oldest);
    }
    return bySubject;
  }

  async function build(
    directories: readonly string[],
  ): Promise<{ bySubject: Map<Digest, Digest[]>; complete: boolean }> {
    const bySubject = new Map<Digest, Digest[]>();
    let complete = true;
    for (const directory of directories) {
      const digests = (await entriesIn(directory)).flatMap(({ path }) => digestAt(path) ?? []);
      for (let index = 0; index < digests.length; index += readBatch) {
        const batch = digests.slice(index, index + readBatch);
        const found = await Promise.all(batch.map(subjectOf));
        for (const [position, digest] of batch.entries()) {
          const subject = found[position];
          if (subject === undefined) complete = false;
          if (!subject) continue;
          const others = bySubject.get(subject);
          if (others) others.push(digest);
          else bySubject.set(subject, [digest]);
        }
      }
    }
    return { bySubject, complete };
  }

  /** null: it is about none; undefined: it cannot be read now. */
  async function subjectOf(digest: Digest): Promise<Digest | null | undefined> {
    const known = subjects.get(digest);
    if (known !== undefined) return known;
    const content = await absentAsUndefined(driver.getContent(blobDataPath(digest)));
    if (!content || content.length === 0) return undefined;
    const subject = storedForm(content).subject ?? null;
    if (subjects.size >= keptSubjects) subjects.clear();
    subjects.set(digest, subject);
    return subject;
  }

  async function entriesIn(path: string): Promise<{ path: string; modified: number }[]> {
    return (await absentAsUndefined(driver.list(path))) ?? [];
  }

  return { of };
}

function digestAt(path: string): Digest | undefined {
  const [algorithm, hex] = path.split('/').slice(-2);
  return parseDigest(`${algorithm}:${hex}`);
}
