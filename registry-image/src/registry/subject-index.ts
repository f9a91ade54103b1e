import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath, revisionsPath } from '../storage/paths.ts';
import { type Digest, parseDigest } from './digest.ts';
import { absentAsUndefined } from './links.ts';
import { createSharedRuns } from './shared-runs.ts';
import { storedFields, storedForm } from './stored-manifest.ts';

/** Repositories whose index is kept, and referrers in all of them together. 100,000 revisions, half of them referrers, took 24 MB. */
const keptRepositories = 64;
const keptReferrers = 100_000;
/** Manifests whose subject is remembered; a digest never changes its meaning. */
const keptSubjects = 150_000;
/** Manifests that are read together. */
const readBatch = 32;
/** Milliseconds within which two changes of a directory may leave it with the same time. */
const coarsestClock = 2_000;
/** Milliseconds by which the clock of the storage's machine may be late. */
const clockSkew = 30_000;

/**
 * Which revisions of a repository are about which manifest. Nothing of it is on the storage, where another server
 * would not maintain it: it follows the directory of the revisions, which shows what any server adds.
 */
export interface SubjectIndex {
  /** Revisions by the subject that they name, each list sorted. A revision may have gone meanwhile. */
  of(repository: string): Promise<BySubject>;
}

type BySubject = ReadonlyMap<Digest, readonly Digest[]>;

interface Snapshot {
  /** The state of the directories that it was made from. */
  readonly state: string;
  /** When this process first saw them in that state, and when the snapshot was begun; monotonic, in milliseconds. */
  readonly since: number;
  readonly begun: number;
  readonly bySubject: BySubject;
  readonly referrers: number;
  /** Manifests that could not be read: their data is missing or broken, and may be put back. */
  readonly unread: readonly Digest[];
}

export function createSubjectIndex(options: { driver: StorageDriver }): SubjectIndex {
  const { driver } = options;
  /** The one made longest ago comes first. */
  const snapshots = new Map<string, Snapshot>();
  const subjects = new Map<Digest, Digest | null>();
  const runs = createSharedRuns<BySubject>();

  async function of(repository: string): Promise<BySubject> {
    return (
      (await lookUp(repository, await look(repository))) ?? runs.run(repository, () => refresh(repository))
    );
  }

  async function look(
    repository: string,
  ): Promise<{ directories: string[]; state: string; modified: number }> {
    const entries = await entriesIn(revisionsPath(repository));
    return {
      directories: entries.map(({ path }) => path),
      state: entries.map(({ path, modified }) => `${path} ${modified}`).join('\n'),
      modified: Math.max(...entries.map(({ modified }) => modified || Infinity)),
    };
  }

  /** What is kept of a repository, if the next change cannot have left its directories as they were then. */
  async function lookUp(repository: string, { state }: { state: string }): Promise<BySubject | undefined> {
    const known = snapshots.get(repository);
    if (known?.state !== state || known.begun - known.since < coarsestClock) return undefined;
    const isStale = (await subjectsOf(known.unread)).some((subject) => subject !== undefined);
    return isStale ? undefined : known.bySubject;
  }

  async function refresh(repository: string): Promise<BySubject> {
    const begun = performance.now();
    const seen = await look(repository);
    const { directories, state } = seen;
    if (directories.length === 0) return new Map();
    const kept = await lookUp(repository, seen);
    if (kept) return kept;
    const before = snapshots.get(repository);
    const since = before?.state === state ? before.since : firstSeen(seen, begun);
    const built = await build(directories);
    snapshots.delete(repository);
    snapshots.set(repository, { state, since, begun, ...built });
    forget();
    return built.bySubject;
  }

  function forget(): void {
    let referrers = 0;
    for (const kept of snapshots.values()) referrers += kept.referrers;
    for (const [oldest, kept] of snapshots) {
      const isLast = snapshots.size === 1;
      if (isLast || (snapshots.size <= keptRepositories && referrers <= keptReferrers)) break;
      snapshots.delete(oldest);
      referrers -= kept.referrers;
    }
  }

  async function build(
    directories: readonly string[],
  ): Promise<Pick<Snapshot, 'bySubject' | 'referrers' | 'unread'>> {
    const bySubject = new Map<Digest, Digest[]>();
    const unread: Digest[] = [];
    let referrers = 0;
    for (const directory of directories) {
      const digests = (await entriesIn(directory)).flatMap(({ path }) => digestAt(path) ?? []);
      const found = await subjectsOf(digests);
      for (const [position, digest] of digests.entries()) {
        const subject = found[position];
        if (subject === undefined) unread.push(digest);
        if (!subject) continue;
        referrers++;
        const others = bySubject.get(subject);
        if (others) others.push(digest);
        else bySubject.set(subject, [digest]);
      }
    }
    return { bySubject, referrers, unread };
  }

  async function subjectsOf(digests: readonly Digest[]): Promise<(Digest | null | undefined)[]> {
    const found: (Digest | null | undefined)[] = [];
    for (let index = 0; index < digests.length; index += readBatch) {
      found.push(...(await Promise.all(digests.slice(index, index + readBatch).map(subjectOf))));
    }
    return found;
  }

  /** null: it is about none; undefined: it cannot be read now. */
  async function subjectOf(digest: Digest): Promise<Digest | null | undefined> {
    const known = subjects.get(digest);
    if (known !== undefined) return known;
    const content = await absentAsUndefined(driver.getContent(blobDataPath(digest)));
    if (!content || !storedFields(content)) return undefined;
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

/** Since when a state is known: what is old by any clock, always; where the storage tells no times, never. */
function firstSeen({ modified }: { modified: number }, now: number): number {
  if (modified === Infinity) return Infinity;
  return Date.now() - modified > clockSkew ? -Infinity : now;
}

function digestAt(path: string): Digest | undefined {
  const [algorithm, hex] = path.split('/').slice(-2);
  return parseDigest(`${algorithm}:${hex}`);
}
