import { compare } from '@node-rs/bcrypt';
import PQueue from 'p-queue';
import { AccessError } from './access.ts';
import { createDummyHash } from './dummy-hash.ts';
import { hashesNow, type UserHashes } from './htpasswd-file.ts';
import type { VerifiedCredentials } from './verified-credentials.ts';

/** bcrypt runs in libuv's pool of four threads, which file I/O needs as well. */
const concurrency = 2;
/** Checks that may wait; a flood of wrong passwords must not fill the memory. */
const queueLimit = 512;

export interface PasswordCheck {
  /** @throws AccessError `busy` */
  verify(user: string, password: string): Promise<boolean>;
  /** Takes other users from now on. */
  replace(users: UserHashes): void;
}

/** Checks passwords against bcrypt hashes, each right one once. */
export function createPasswordCheck(initial: UserHashes, verified: VerifiedCredentials): PasswordCheck {
  const queue = new PQueue({ concurrency });
  let users = initial;
  let tries = triesOf(initial);
  let dummyHash = createDummyHash(initial);
  const checking = new Map<string, Promise<boolean>>();

  async function verify(user: string, password: string): Promise<boolean> {
    const hashes = hashesNow(users, user);
    const fingerprintFor = (hash: string): string => verified.fingerprint(user, password, hash);
    if (hashes.some((hash) => verified.has(fingerprintFor(hash)))) return true;
    const key = fingerprintFor(hashes.join());
    const underWay = checking.get(key);
    if (underWay) return underWay;
    if (queue.size >= queueLimit) throw new AccessError('busy');
    const dummy = dummyHash(user);
    const all = Array.from({ length: Math.max(tries, hashes.length) }, (_, place) => hashes[place] ?? dummy);
    const outcome = queue
      .add(() => firstRight(password, all))
      .then((right) => {
        if (right === undefined || !hashes.includes(right)) return false;
        verified.add(fingerprintFor(right));
        return true;
      });
    checking.set(key, outcome);
    return outcome.finally(() => checking.delete(key));
  }

  return {
    verify,
    replace(next) {
      users = next;
      tries = triesOf(next);
      dummyHash = createDummyHash(next);
    },
  };
}

/** The hash that the password is right for. */
async function firstRight(password: string, hashes: readonly string[]): Promise<string | undefined> {
  for (const hash of hashes) if (await compare(password, hash)) return hash;
  return undefined;
}

/** As many hashes as the user with the most has: the time of a refusal tells nobody who has several, or who exists. */
function triesOf(users: UserHashes): number {
  return [...users.values()].reduce((most, hashes) => Math.max(most, hashes.length), 1);
}
