/** One bcrypt hash by which a user may log in. */
export interface PasswordHash {
  readonly hash: string;
  /** Milliseconds since 1970 from which on it counts no longer. */
  readonly until: number;
}

/** Users with the hashes of their passwords: that of the user's own line first. */
export type UserHashes = ReadonlyMap<string, readonly PasswordHash[]>;

/** The users of an htpasswd file whose passwords can be checked, and what is wrong with its other lines. */
export interface HtpasswdFile {
  readonly users: UserHashes;
  /** One sentence per bad line, with its number and never its content. */
  readonly problems: string[];
}

const bcryptHash = /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
/** A comment for every other reader of such files: a further password of a user, until a time (RFC 3339) or as long as it is there. */
const also = /^#wharfinger:also(?: until=(\S+))? (.*)$/;

/** Reads an htpasswd file; bcrypt is the one scheme that is accepted. A user's last line counts, and further passwords beside it. */
export function parseHtpasswd(text: string): HtpasswdFile {
  const own = new Map<string, PasswordHash>();
  const further: (PasswordHash & { readonly user: string })[] = [];
  const problems: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const [, time, addition] = also.exec(line) ?? [];
    if (line === '' || (line.startsWith('#') && addition === undefined)) continue;
    const entry = entryOf(addition ?? line, time);
    if (typeof entry === 'string') problems.push(`htpasswd line ${index + 1}: ${entry}`);
    else if (entry.hash === '') problems.push(`htpasswd line ${index + 1}: ${notBcrypt}`);
    if (typeof entry === 'string') continue;
    if (addition !== undefined) further.push(entry);
    else if (entry.hash === '') own.delete(entry.user);
    else own.set(entry.user, entry);
  }
  const users = [...own].map(([user, { hash, until }]): [string, PasswordHash[]] => {
    const more = further.filter((one) => one.user === user && one.hash !== '');
    return [user, [{ hash, until }, ...more.map((one) => ({ hash: one.hash, until: one.until }))]];
  });
  return { users: new Map(users), problems };
}

const notBcrypt = 'is not a bcrypt entry, so its user cannot log in; make it with htpasswd -B';

/** What a line says, with an empty hash when that is not bcrypt, or what is wrong with it. */
function entryOf(line: string, time: string | undefined): (PasswordHash & { user: string }) | string {
  const colon = line.indexOf(':');
  const user = line.slice(0, Math.max(0, colon));
  const until = time === undefined ? Number.POSITIVE_INFINITY : Date.parse(time);
  if (user === '') return 'is not of the form USER:HASH; correct or remove it';
  if (Number.isNaN(until))
    return 'says until when in no form that is known; write until=2026-12-31T00:00:00Z';
  const hash = line.slice(colon + 1);
  return { user, until, hash: bcryptHash.test(hash) ? hash : '' };
}

/** The hashes of a user that count now, that of the user's own line first. */
export function hashesNow(users: UserHashes, user: string): string[] {
  const now = Date.now();
  return (users.get(user) ?? []).filter(({ until }) => until > now).map(({ hash }) => hash);
}

/** The cost (log2 of the rounds) of a bcrypt hash. */
export function bcryptCost(hash: string): number {
  return Number(hash.slice(4, 6));
}
