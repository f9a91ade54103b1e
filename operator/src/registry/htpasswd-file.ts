/** The hashes of an htpasswd file by user; lines that are no entry are left out. */
export function parseHtpasswd(text: string): Map<string, string> {
  const entries = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return new Map(entries);
}

/** An htpasswd file, users in lexical order. */
export function formatHtpasswd(entries: ReadonlyMap<string, string>): string {
  const lines = [...entries].map(([user, hash]) => `${user}:${hash}\n`);
  return lines.sort().join('');
}
