import { createHmac } from 'node:crypto';

/** Most fingerprints that are remembered; the one least recently used goes first. */
const limit = 4096;

/**
 * Fingerprints of names and passwords that were right for a hash of the htpasswd file. Each holds for that hash alone, so a changed file
 * needs nobody to forget anything, and all processes of a registry may share them.
 */
export interface VerifiedCredentials {
  fingerprint(user: string, password: string, hash: string): string;
  /** Whether these were right before. */
  has(fingerprint: string): boolean;
  add(fingerprint: string): void;
}

interface ListedCredentials extends VerifiedCredentials {
  /** The least recently used first. */
  all(): string[];
}

/** @param options.key secret of the processes that share them; without it a fingerprint tells nothing of a password */
export function createVerifiedCredentials(options: {
  key: Buffer;
  known?: readonly string[];
}): ListedCredentials {
  const known = new Set(options.known);

  function add(fingerprint: string): void {
    known.delete(fingerprint);
    known.add(fingerprint);
    const [oldest] = known;
    if (known.size > limit && oldest !== undefined) known.delete(oldest);
  }

  return {
    fingerprint: (user, password, hash) =>
      createHmac('sha256', options.key)
        .update(`${user.length}:${user}${hash.length}:${hash}${password}`)
        .digest('base64'),
    has(fingerprint) {
      if (!known.has(fingerprint)) return false;
      add(fingerprint);
      return true;
    },
    add,
    all() {
      return [...known];
    },
  };
}
