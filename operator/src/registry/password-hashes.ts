import { createHmac, randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/bcrypt';

const cost = 10;
/** Entries kept in memory; the oldest go first. */
const capacity = 4096;

/** bcrypt hashes of passwords, made and verified once each: a hash takes 50 ms of a thread. */
export interface PasswordHashes {
  /** `stored` when it is a hash of this password, else a hash made now or before. */
  of(password: string, stored: string | undefined): Promise<string>;
}

export function createPasswordHashes(): PasswordHashes {
  // Keyed for this process only, so that no digest of a password in its memory is of use elsewhere.
  const key = randomBytes(32);
  const known = new Map<string, string>();

  async function of(password: string, stored: string | undefined): Promise<string> {
    const digest = createHmac('sha256', key).update(password).digest('base64');
    const remembered = known.get(`${digest}:${stored ?? ''}`);
    if (remembered !== undefined) return remembered;
    const current = (await isHashOf(password, stored)) ? stored : undefined;
    const chosen = current ?? known.get(digest) ?? (await hash(password, cost));
    remember(`${digest}:${chosen}`, chosen);
    remember(digest, chosen);
    return chosen;
  }

  function remember(entry: string, value: string): void {
    known.delete(entry);
    known.set(entry, value);
    if (known.size > capacity) known.delete(known.keys().next().value ?? '');
  }

  return { of };
}

async function isHashOf(password: string, stored: string | undefined): Promise<boolean> {
  if (stored === undefined) return false;
  try {
    return await verify(password, stored);
  } catch {
    // Not a bcrypt hash: it is replaced.
    return false;
  }
}
