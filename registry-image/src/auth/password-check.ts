import { compare } from '@node-rs/bcrypt';
import PQueue from 'p-queue';
import { AccessError } from './access.ts';
import { createDummyHash } from './dummy-hash.ts';
import type { VerifiedCredentials } from './verified-credentials.ts';

/** bcrypt runs in libuv's pool of four threads, which file I/O needs as well. */
const concurrency = 2;
/** Checks that may wait; a flood of wrong passwords must not fill the memory. */
const queueLimit = 512;

export interface PasswordCheck {
  /** @throws AccessError `busy` */
  verify(user: string, password: string): Promise<boolean>;
  /** Takes other users from now on. */
  replace(users: ReadonlyMap<string, string>): void;
}

/** Checks passwords against bcrypt hashes, each right one once. */
export function createPasswordCheck(
  initial: ReadonlyMap<string, string>,
  verified: VerifiedCredentials,
): PasswordCheck {
  const queue = new PQueue({ concurrency });
  let users = initial;
  let dummyHash = createDummyHash(initial);
  const checking = new Map<string, Promise<boolean>>();

  async function verify(user: string, password: string): Promise<boolean> {
    const hash = users.get(user);
    const fingerprint = verified.fingerprint(user, password, hash ?? '');
    if (verified.has(fingerprint)) return true;
    const underWay = checking.get(fingerprint);
    if (underWay) return underWay;
    if (queue.size >= queueLimit) throw new AccessError('busy');
    const check = queue.add(() => compare(password, hash ?? dummyHash(user)));
    const outcome = check.then((right) => {
      if (!right || hash === undefined) return false;
      verified.add(fingerprint);
      return true;
    });
    checking.set(fingerprint, outcome);
    return outcome.finally(() => checking.delete(fingerprint));
  }

  return {
    verify,
    replace(next) {
      users = next;
      dummyHash = createDummyHash(next);
    },
  };
}
