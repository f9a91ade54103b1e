import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a process has open: its descriptors by kind and file, numbers of sockets and pipes left out. */
export async function descriptorsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  // Of a process that has ended others tell.
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => undefined)),
  );
  return targets
    .filter((target) => target !== undefined)
    .map((target) => target.replace(/:\[\d+\]$/, ''))
    .sort();
}

/** Waits until no process has more open than before; returns a sentence for each that still has after `limit` ms. */
export async function settledDescriptors(
  before: ReadonlyMap<number, readonly string[]>,
  limit = 30_000,
): Promise<string[]> {
  const deadline = Date.now() + limit;
  for (;;) {
    const leaks: string[] = [];
    for (const [pid, names] of before) {
      const now = await descriptorsOf(pid);
      if (now.length <= names.length) continue;
      leaks.push(
        `process ${pid} has ${now.length} descriptors open, ${names.length} before: ${extra(now, names)}`,
      );
    }
    if (leaks.length === 0 || Date.now() > deadline) return leaks;
    await sleep(200);
  }
}

function extra(now: readonly string[], before: readonly string[]): string {
  const left = [...before];
  const more = now.filter((name) => {
    const place = left.indexOf(name);
    if (place < 0) return true;
    left.splice(place, 1);
    return false;
  });
  return more.slice(0, 10).join(', ');
}
