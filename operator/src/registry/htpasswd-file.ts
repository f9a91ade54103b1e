/** A further password of a user. */
export interface FurtherHash {
  readonly user: string;
  readonly hash: string;
  /** RFC 3339; undefined: as long as it stands there. */
  readonly until: string | undefined;
}

/** As the registry reads it (registry-image/src/auth/htpasswd-file.ts). */
const also = /^#wharfinger:also(?: until=(\S+))? ([^:]+):(\S+)$/;

/** The hashes of an htpasswd file by user; lines that are no entry are left out. */
export function parseHtpasswd(text: string): Map<string, string> {
  const entries = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return new Map(entries);
}

/** The further passwords in an htpasswd file. */
export function parseFurther(text: string): FurtherHash[] {
  const found = text.split('\n').map((line) => also.exec(line.trim()));
  return found.flatMap((match) => {
    const [, until, user = '', hash = ''] = match ?? [];
    return match === null ? [] : [{ user, hash, until }];
  });
}

/** An htpasswd file, users in lexical order, then further passwords. */
export function formatHtpasswd(
  entries: ReadonlyMap<string, string>,
  further: readonly FurtherHash[] = [],
): string {
  const lines = [...entries].map(([user, hash]) => `${user}:${hash}\n`);
  const more = further.map(({ user, hash, until }) => {
    const time = until === undefined ? '' : ` until=${until}`;
    return `#wharfinger:also${time} ${user}:${hash}\n`;
  });
  return [...lines.sort(), ...more.sort()].join('');
}
