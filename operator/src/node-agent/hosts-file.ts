import { open } from 'node:fs/promises';
import { hostsLines } from './hosts-lines.ts';

/** The hosts file was put in place anew: this process still has the old one, and another container gets the new one. */
export class ReplacedFileError extends Error {}

/**
 * Writes the entries (hostname -> address) of one NodeTrust into a hosts file, and gives one sentence for each name that is taken. The
 * file is mounted by itself, so it is changed in place: what comes before the first change is not written again.
 */
export async function convergeHostsFile(
  file: string,
  nodeTrust: string,
  entries: ReadonlyMap<string, string>,
): Promise<string[]> {
  const handle = await open(file, 'r+');
  try {
    const { nlink } = await handle.stat();
    if (nlink === 0) throw new ReplacedFileError('the hosts file was replaced; starting anew to find it');
    const before = await handle.readFile('utf8');
    const { text, taken } = hostsLines(before, nodeTrust, entries);
    if (text !== before) {
      const old = Buffer.from(before);
      const next = Buffer.from(text);
      const same = commonLength(old, next);
      if (next.length > same) await handle.write(next, same, next.length - same, same);
      if (next.length < old.length) await handle.truncate(next.length);
      await handle.sync();
    }
    return taken.map(
      (name) => `the hosts file has another address for ${name}; remove that line, or the address`,
    );
  } finally {
    await handle.close();
  }
}

function commonLength(a: Buffer, b: Buffer): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length += 1;
  return length;
}
