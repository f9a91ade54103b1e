import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';

/** A memory control group of our own: of version 1, or of version 2 where the machine has the controller there. */
export interface MemoryGroup {
  readonly directory: string;
  /** Processes that the kernel killed in it because they went over the limit. */
  kills(): number;
  /** Most bytes that were ever charged, page cache included (it is given back before anything is killed). */
  peak(): number;
  /** Bytes of memory that cannot be given back: of the processes, and of sockets and kernel objects. */
  held(): number;
  /** How often the limit was hit; each time the kernel gave back page cache instead of killing. */
  limitHits(): number;
  /** Removes the group; its processes must have ended. */
  remove(): Promise<void>;
}

const mountPoint = '/sys/fs/cgroup';

const prefix = 'wharfinger-test-';
let groups = 0;

/** @param limit bytes; none when undefined */
export function createMemoryGroup(limit: number | undefined): MemoryGroup {
  for (const parent of [mountPoint, join(mountPoint, 'memory')]) removeAbandoned(parent);
  const name = `${prefix}${process.pid}-${(groups += 1)}`;
  return existsSync(join(mountPoint, 'memory/memory.limit_in_bytes'))
    ? createVersion1(join(mountPoint, 'memory', name), limit)
    : createVersion2(join(mountPoint, name), limit);
}

/** Those of processes that were killed before they could remove them. */
function removeAbandoned(parent: string): void {
  const names = existsSync(parent) ? readdirSync(parent) : [];
  for (const name of names.filter((found) => found.startsWith(prefix))) {
    const pid = name.slice(prefix.length).split('-')[0] ?? '';
    if (!existsSync(join('/proc', pid))) rmdirSync(join(parent, name));
  }
}

function createVersion1(directory: string, limit: number | undefined): MemoryGroup {
  mkdirSync(directory);
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
  if (limit !== undefined) writeFileSync(join(directory, 'memory.limit_in_bytes'), String(limit));
  return {
    directory,
    kills: () => field(read('memory.oom_control'), 'oom_kill'),
    peak: () => Number(read('memory.max_usage_in_bytes')),
    held: () => field(read('memory.stat'), 'total_rss') + Number(read('memory.kmem.usage_in_bytes')),
    limitHits: () => Number(read('memory.failcnt')),
    remove: () => removeGroup(directory),
  };
}

function createVersion2(directory: string, limit: number | undefined): MemoryGroup {
  writeFileSync(join(mountPoint, 'cgroup.subtree_control'), '+memory');
  mkdirSync(directory);
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
  if (limit !== undefined) writeFileSync(join(directory, 'memory.max'), String(limit));
  return {
    directory,
    kills: () => field(read('memory.events'), 'oom_kill'),
    peak: () => Number(read('memory.peak')),
    held: () => field(read('memory.stat'), 'anon') + field(read('memory.stat'), 'kernel'),
    limitHits: () => field(read('memory.events'), 'max'),
    remove: () => removeGroup(directory),
  };
}

function field(text: string, name: string): number {
  const line = text.split('\n').find((row) => row.startsWith(`${name} `));
  if (line === undefined) throw new Error(`the kernel tells no ${name}`);
  return Number(line.slice(name.length + 1));
}

/** The last process of a group leaves it a moment after it was reaped. */
async function removeGroup(directory: string): Promise<void> {
  await eventually(
    `${directory} is removed`,
    async () => {
      rmdirSync(directory);
      return true;
    },
    { timeoutMs: 10_000, everyMs: 50 },
  );
}
