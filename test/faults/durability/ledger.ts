/** Something that a client wanted to store under a digest. */
export interface Item {
  readonly kind: 'blob' | 'manifest';
  readonly repository: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * What the clients know. The rule of durability that is checked against it: an item that was answered 201 is there,
 * whole; one that a client had asked to be completed without getting an answer may be there, but then whole; nothing
 * else is there.
 */
export interface Ledger {
  /** The request that completes it is about to be sent. */
  attempt(item: Item): void;
  /** It was answered 201. */
  confirm(item: Item): void;
  /** The same for a tag, which has one writer that waits for each answer. */
  attemptTag(repository: string, tag: string, digest: string): void;
  confirmTag(repository: string, tag: string, digest: string): void;
  /** What must not have happened at all, such as a status 500. */
  complain(problem: string): void;
  snapshot(): LedgerSnapshot;
}

export interface TagRecord {
  readonly repository: string;
  readonly tag: string;
  /** What it may point at: the last that was confirmed, and everything that was attempted after it. */
  readonly candidates: readonly string[];
  /** False while none was ever confirmed, so that it may also be absent. */
  readonly confirmed: boolean;
}

export interface LedgerSnapshot {
  readonly confirmed: readonly Item[];
  /** Attempted and never confirmed so far. */
  readonly open: readonly Item[];
  readonly tags: readonly TagRecord[];
  readonly problems: readonly string[];
}

export function createLedger(): Ledger {
  const open = new Map<string, Item>();
  const confirmed = new Map<string, Item>();
  const tags = new Map<string, TagRecord>();
  const problems: string[] = [];

  return {
    attempt(item) {
      const key = keyOf(item);
      if (!confirmed.has(key)) open.set(key, item);
    },
    confirm(item) {
      open.delete(keyOf(item));
      confirmed.set(keyOf(item), item);
    },
    attemptTag(repository, tag, digest) {
      const key = `${repository}:${tag}`;
      const known = tags.get(key) ?? { repository, tag, candidates: [], confirmed: false };
      tags.set(key, { ...known, candidates: [...known.candidates, digest] });
    },
    confirmTag(repository, tag, digest) {
      tags.set(`${repository}:${tag}`, { repository, tag, candidates: [digest], confirmed: true });
    },
    complain(problem) {
      if (problems.length < 50) problems.push(problem);
    },
    snapshot: () => ({
      confirmed: [...confirmed.values()],
      open: [...open.values()],
      tags: [...tags.values()],
      problems: [...problems],
    }),
  };
}

function keyOf({ kind, repository, digest }: Item): string {
  return `${kind} ${repository}@${digest}`;
}
