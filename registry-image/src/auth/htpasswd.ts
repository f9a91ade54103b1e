import { hashesNow, parseHtpasswd } from './htpasswd-file.ts';
import { createPasswordCheck } from './password-check.ts';
import type { Users } from './users.ts';
import type { VerifiedCredentials } from './verified-credentials.ts';

/** The users of an htpasswd file. */
interface HtpasswdUsers extends Users {
  /** The bcrypt hashes of a user that count now, the user's own first. */
  hashesOf(user: string): readonly string[];
  /** Takes another text of the file from now on. */
  update(text: string): void;
}

/** @param options.text content of the file; what is wrong in it is `parseHtpasswd(text).problems` */
export function createHtpasswdUsers(options: {
  realm: string;
  text: string;
  verified: VerifiedCredentials;
}): HtpasswdUsers {
  let { users } = parseHtpasswd(options.text);
  const passwords = createPasswordCheck(users, options.verified);
  return {
    realm: options.realm,
    verify: (user, password) => passwords.verify(user, password),
    hashesOf: (user) => hashesNow(users, user),
    update(text) {
      ({ users } = parseHtpasswd(text));
      passwords.replace(users);
    },
  };
}
