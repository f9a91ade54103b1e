import { readFileSync } from 'node:fs';
import { run } from '../../process/run.ts';

/** One line of a mountinfo file, as far as it is read here. */
export interface Mount {
  mountPoint: string;
  /** Options of the file system, for example an overlay's upperdir. */
  superOptions: string;
}

/** Reads the text of /proc/PID/mountinfo. */
export function parseMountInfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [own = '', fileSystem = ''] = line.split(' - ');
      return {
        mountPoint: unescapeOctal(own.split(' ')[4] ?? ''),
        superOptions: fileSystem.split(' ').slice(2).join(' '),
      };
    });
}

/** The mount points below one of `directories`, the deepest and latest first. */
export function mountsBelow(mounts: readonly Mount[], directories: readonly string[]): string[] {
  return mounts
    .map(({ mountPoint }) => mountPoint)
    .filter((point) =>
      directories.some((directory) => point === directory || point.startsWith(`${directory}/`)),
    )
    .toReversed();
}

/** Unmounts everything below `directories`. Throws CommandError when a mount stays. */
export async function unmountBelow(directories: readonly string[]): Promise<void> {
  const find = (): string[] =>
    mountsBelow(parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')), directories);
  for (const mountPoint of find()) {
    await run('umount', [mountPoint], { timeoutMs: 20_000 }).catch(() => undefined);
  }
  const busy = find();
  // A mount that something still uses disappears as soon as that ends.
  if (busy.length > 0) await run('umount', ['--lazy', ...busy], { timeoutMs: 20_000 });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
