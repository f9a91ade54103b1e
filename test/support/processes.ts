import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process as the kernel knows it: a pid alone may be used again, pid and start time never. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

async function pids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** Start time of a process, or undefined when it is gone. */
async function startTime(pid: number): Promise<number | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  if (!stat) return undefined;
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

/** All processes of a pod on this node, by the pod's uid in their cgroup. */
export async function processesOfPod(uid: string): Promise<ProcessIdentity[]> {
  const found: ProcessIdentity[] = [];
  for (const pid of await pids()) {
    const cgroup = await read(`/proc/${pid}/cgroup`);
    if (!cgroup.includes(uid) && !cgroup.includes(uid.replaceAll('-', '_'))) continue;
    const start = await startTime(pid);
    if (start !== undefined) found.push({ pid, startTime: start });
  }
  return found;
}

/** Processes of `group` that hold a socket with an established TCP connection to local `port`, in their own network namespace. */
export async function holdersOfPort(
  group: readonly ProcessIdentity[],
  port: number,
): Promise<ProcessIdentity[]> {
  const holders: ProcessIdentity[] = [];
  for (const process of group) {
    const inodes = await establishedInodes(process.pid, port);
    if (inodes.size === 0) continue;
    if ((await socketsOf(process.pid)).some((inode) => inodes.has(inode))) holders.push(process);
  }
  return holders;
}

async function establishedInodes(pid: number, port: number): Promise<Set<string>> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all([read(`/proc/${pid}/net/tcp`), read(`/proc/${pid}/net/tcp6`)]);
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  return new Set(
    rows.filter((row) => row[1]?.endsWith(`:${hex}`) && row[3] === '01').map((row) => row[9] ?? ''),
  );
}

async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}
