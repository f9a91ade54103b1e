/** What people can do about a storage that fails, by the system's name of the failure. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'the storage is full: free some megabytes of it, or enlarge it, and collect again',
  EDQUOT: 'the quota of the storage is used up: raise it, and collect again',
  EROFS: 'the storage is read-only: a collection must be able to write',
  EIO: 'the storage failed (EIO): look at its disk before anything else',
};

/** One sentence for people about why a collection failed, with the system's own words behind it. */
export function troubleSentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = 'code' in error ? remedies[String(error.code)] : undefined;
  return remedy === undefined ? error.message : `${remedy} (${error.message})`;
}
