import { readdirSync } from 'node:fs';
import type { Layout } from '../layout.ts';
import { identify, readProcFile } from '../supervisor/process-identity.ts';
import type { ProcessIdentity } from '../supervisor/process-identity.ts';
import { parseMountInfo } from './mounts.ts';

/** What runs for the cluster's pods. */
export interface PodProcesses {
  /** containerd's shims: one for each pod. */
  shims: ProcessIdentity[];
  /** Every process in a container. */
  containers: ProcessIdentity[];
}

/** Whether a command line (fields separated by NUL) is that of a shim of the containerd at `socket`. */
export function isShimOf(commandLine: string, socket: string): boolean {
  const [command = '', ...args] = commandLine.split('\0');
  return command.includes('containerd-shim') && args[args.indexOf('-address') + 1] === socket;
}

/** Whether a process with this mountinfo has an overlay below `directory` as its root. */
export function hasRootBelow(mountInfo: string, directory: string): boolean {
  return parseMountInfo(mountInfo).some(
    ({ mountPoint, superOptions }) => mountPoint === '/' && superOptions.includes(`upperdir=${directory}/`),
  );
}

/** Finds the processes of the cluster's pods, whether or not containerd runs. */
export function findPodProcesses(layout: Layout): PodProcesses {
  const found: PodProcesses = { shims: [], containers: [] };
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const kind = Number.isInteger(pid) && classify(pid, layout);
    const identity = kind && identify(pid);
    if (identity) found[kind].push(identity);
  }
  return found;
}

function classify(pid: number, layout: Layout): keyof PodProcesses | undefined {
  if (isShimOf(readProcFile(pid, 'cmdline') ?? '', layout.containerdSocket)) return 'shims';
  return hasRootBelow(readProcFile(pid, 'mountinfo') ?? '', layout.containerd) ? 'containers' : undefined;
}
