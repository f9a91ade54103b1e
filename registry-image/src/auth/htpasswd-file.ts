/** The users of an htpasswd file whose passwords can be checked, and what is wrong with its other lines. */
export interface HtpasswdFile {
  /** User to bcrypt hash. */
  readonly users: ReadonlyMap<string, string>;
  /** One sentence per bad line, with its number and never its content. */
  readonly problems: string[];
}

const bcryptHash = /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

/** Reads an htpasswd file; bcrypt is the one scheme that is accepted. A user's last line counts. */
export function parseHtpasswd(text: string): HtpasswdFile {
  const users = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const user = line.slice(0, Math.max(0, colon));
    const hash = line.slice(colon + 1);
    if (user === '') {
      problems.push(`htpasswd line ${index + 1}: is not of the form USER:HASH; correct or remove it`);
    } else if (!bcryptHash.test(hash)) {
      users.delete(user);
      problems.push(
        `htpasswd line ${index + 1}: is not a bcrypt entry, so its user cannot log in; make it with htpasswd -B`,
      );
    } else {
      users.set(user, hash);
    }
  }
  return { users, problems };
}

/** The cost (log2 of the rounds) of a bcrypt hash. */
export function bcryptCost(hash: string): number {
  return Number(hash.slice(4, 6));
}
