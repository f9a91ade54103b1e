import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from './processes.ts';

/** The largest working set of the containers of a pod, in bytes. */
export function workingSetOf(processes: readonly ProcessIdentity[]): number {
  return Math.max(...processes.map(({ pid }) => workingSet(pid)));
}

/** Working set of a container as the kubelet counts it: usage less inactive file cache, in bytes. */
function workingSet(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const v1 = lines.find((line) => line.split(':')[1]?.split(',').includes('memory'));
  if (v1) {
    const folder = join('/sys/fs/cgroup/memory', v1.split(':')[2] ?? '');
    const usage = Number(readFileSync(join(folder, 'memory.usage_in_bytes'), 'utf8'));
    return usage - inactive(join(folder, 'memory.stat'), 'total_inactive_file');
  }
  const path = lines.find((line) => line.startsWith('0::'))?.slice(3) ?? '';
  const folder =
    ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].map((root) => join(root, path)).find(existsSync) ?? '';
  const usage = Number(readFileSync(join(folder, 'memory.current'), 'utf8'));
  return usage - inactive(join(folder, 'memory.stat'), 'inactive_file');
}

function inactive(file: string, field: string): number {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${field} `));
  return Number(line?.split(' ')[1] ?? 0);
}
