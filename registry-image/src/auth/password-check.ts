import { createHmac, randomBytes } from 'node:crypto';
import { compare } from '@node-rs/bcrypt';
import PQueue from 'p-queue';
import { AccessError } from './access.ts';
import { createDummyHash } from './dummy-hash.ts';

/** bcrypt runs in libuv's pool of four threads, which file I/O needs as well. */
const concurrency = 2;
/** Checks that may wait; a flood of wrong passwords must not fill the memory. */
const queueLimit = 512;
const cacheLimit = 4096;
export interface PasswordCheck {
  /** @throws AccessError `busy` */
  verify(user: string, password: string): Promise<boolean>;
  /** Takes other users; everything known about passwords is forgotten. */
  replace(users: ReadonlyMap<string, string>): void;
}

/** Checks passwords against bcrypt hashes, and remembers those that were right under a keyed hash. */
export function createPasswordCheck(initial: ReadonlyMap<string, string>): PasswordCheck {
  const key = randomBytes(32);
  const queue = new PQueue({ concurrency });
  let users = initial;
  let dummyHash = createDummyHash(initial);
  let known = new Set<string>();
  let checking = new Map<string, Promise<boolean>>();

  async function verify(user: string, password: string): Promise<boolean> {
    const fingerprint = createHmac('sha256', key)
      .update(`${user.length}:${user}${password}`)
      .digest('base64');
    if (known.has(fingerprint)) {
      known.delete(fingerprint);
      known.add(fingerprint);
      return true;
    }
    const underWay = checking.get(fingerprint);
    if (underWay) return underWay;
    if (queue.size >= queueLimit) throw new AccessError('busy');
    const check = checkSlowly(user, password, fingerprint);
    const mine = checking;
    mine.set(fingerprint, check);
    return check.finally(() => mine.delete(fingerprint));
  }

  async function checkSlowly(user: string, password: string, fingerprint: string): Promise<boolean> {
    const cache = known;
    const hash = users.get(user);
    const right = await queue.add(() => compare(password, hash ?? dummyHash(user)));
    if (!right || hash === undefined) return false;
    cache.add(fingerprint);
    const oldest = cache.values().next().value;
    if (cache.size > cacheLimit && oldest !== undefined) cache.delete(oldest);
    return true;
  }

  return {
    verify,
    replace(next) {
      users = next;
      dummyHash = createDummyHash(next);
      known = new Set();
      checking = new Map();
    },
  };
}
