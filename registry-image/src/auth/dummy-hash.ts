import { createHash, createHmac } from 'node:crypto';
import { bcryptCost, type UserHashes } from './htpasswd-file.ts';

/** Cost that a check of an unknown user takes when there is no user to take it from (`htpasswd -B` uses 5). */
const defaultCost = 5;
/** 22 characters of salt and 31 of hash; no password is known for them. The last of each must end in zero bits, or nothing is computed. */
const dummySaltAndHash = 'abcdefghijklmnopqrstuu'.padEnd(53, 'u');

/**
 * Hashes for names that are no users, so that the time of an answer does not tell who exists. The cost is that of some
 * user, always the same one for the same name, in every process that has the file: a name whose cost varied, or was
 * never that of a user, would be told from a user.
 */
export function createDummyHash(users: UserHashes): (name: string) => string {
  const hashes = [...users.values()].flat().map(({ hash }) => hash);
  const key = createHash('sha256').update(hashes.join()).digest();
  return (name) => {
    const place = createHmac('sha256', key).update(name).digest().readUInt32BE() % Math.max(1, hashes.length);
    const like = hashes[place];
    const cost = like === undefined ? defaultCost : bcryptCost(like);
    return `$2b$${String(cost).padStart(2, '0')}$${dummySaltAndHash}`;
  };
}
