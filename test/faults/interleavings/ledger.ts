/**
 * What clients have asked for and been told, by which it is judged what a registry owes them. Moments are steps of the schedule; what
 * was never answered may have happened or not, and goes on being possible until the process that had it is dead.
 */
export interface Ledger {
  /** A tag is to name a digest, or (undefined) to be removed. */
  tag(repository: string, tag: string, digest: string | undefined, moment: number): Entry;
  /** A manifest is to be there, or to be deleted; what it refers to goes along. */
  revision(repository: string, digest: string, change: 'put' | 'deleted', moment: number): Entry;
  /** What the tag must name for all of this time; undefined when that cannot be told. */
  tagged(repository: string, tag: string, time: Span): string | undefined;
  /** Whether the manifest must have been there for all of this time, as far as clients go. */
  isPut(repository: string, digest: string, time: Span): boolean;
  /** Whether somebody may have deleted one of these manifests within this time. */
  mayBeDeleted(repository: string, digests: readonly string[], time: Span): boolean;
  /** Every tag that anybody ever set. */
  readonly tagNames: readonly (readonly [repository: string, tag: string])[];
  /** Every manifest that anybody ever put. */
  readonly revisionNames: readonly (readonly [repository: string, digest: string])[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One request. */
export interface Entry {
  readonly value: string | undefined;
  readonly begin: number;
  /** Infinity while it is not known to have come to an end. */
  end: number;
  /** The client was told that it succeeded. */
  isAcknowledged: boolean;
}

/** @param partsOf the manifests without which that one is not whole, itself included */
export function createLedger(partsOf: (digest: string) => readonly string[]): Ledger {
  const tags = new Map<string, Entry[]>();
  const revisions = new Map<string, Entry[]>();

  function add(entries: Map<string, Entry[]>, key: string, given: Pick<Entry, 'value' | 'begin'>): Entry {
    const entry = { ...given, end: Infinity, isAcknowledged: false };
    entries.set(key, [...(entries.get(key) ?? []), entry]);
    return entry;
  }

  function revisionEntries(repository: string, digest: string): readonly Entry[] {
    return revisions.get(`${repository} ${digest}`) ?? [];
  }

  function isPut(repository: string, digest: string, time: Span): boolean {
    return certain(revisionEntries(repository, digest), time) === 'put';
  }

  function mayBeDeleted(repository: string, digests: readonly string[], time: Span): boolean {
    return digests.some((digest) =>
      revisionEntries(repository, digest).some((entry) => entry.value === 'deleted' && overlaps(entry, time)),
    );
  }

  return {
    tag: (repository, tag, digest, begin) => add(tags, `${repository} ${tag}`, { value: digest, begin }),
    revision: (repository, digest, value, begin) =>
      add(revisions, `${repository} ${digest}`, { value, begin }),
    tagged(repository, tag, time) {
      const found = certainEntry(tags.get(`${repository} ${tag}`) ?? [], time);
      if (found?.value === undefined) return undefined;
      // Deleting a manifest takes its tags along.
      const since = { from: found.begin, to: time.to };
      return mayBeDeleted(repository, partsOf(found.value), since) ? undefined : found.value;
    },
    isPut,
    mayBeDeleted,
    get tagNames() {
      return [...tags.keys()].map(pair);
    },
    get revisionNames() {
      return [...revisions.keys()].map(pair);
    },
  };
}

function pair(key: string): [string, string] {
  const space = key.indexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
}

function certain(entries: readonly Entry[], time: Span): string | undefined {
  return certainEntry(entries, time)?.value;
}

/** What was acknowledged before this time, and since then was changed by nobody. */
function certainEntry(entries: readonly Entry[], { from, to }: Span): Entry | undefined {
  return entries.find(
    (candidate) =>
      candidate.isAcknowledged &&
      candidate.end <= from &&
      entries.every(
        (other) => other.value === candidate.value || !overlaps(other, { from: candidate.begin, to }),
      ),
  );
}

function overlaps(entry: Entry, { from, to }: Span): boolean {
  return entry.begin <= to && entry.end >= from;
}
