import { createDigestTable, type DigestTable } from './digest-table.ts';

/** What a collection keeps a store in: as it is while that is small, which is quicker by far, and packed as numbers of digests when it is not. */
export interface Memory {
  readonly digests: DigestTable;
  /** Entries of a map, a set or a list up to which they are kept as they are; none when one of them was packed. */
  few: number;
}

/** With so many a map of links takes some ten megabytes. */
const usuallyFew = 65_536;

export function createMemory(few = usuallyFew): Memory {
  return { digests: createDigestTable(), few };
}
