import type { Progress } from '../progress.ts';
import { requireDiskSpace } from './disk.ts';
import { installMissingPackages } from './install-packages.ts';
import { MachineProblem } from './machine-problem.ts';

/** Free bytes that the cluster's state and images may take. */
const neededBytes = 10 * 1024 ** 3;

/**
 * Makes this machine fit for the cluster whose state lives in `stateDirectory`: checks for root and disk space and
 * installs missing Debian packages. Throws MachineProblem with one sentence for the problem and one for the fix.
 */
export async function prepareMachine(stateDirectory: string, progress: Progress): Promise<void> {
  requireLinuxRoot(process.platform, process.getuid?.());
  requireDiskSpace(stateDirectory, neededBytes);
  await installMissingPackages(progress);
}

/** Throws MachineProblem unless the platform is Linux and the user id is root's. */
export function requireLinuxRoot(platform: string, uid: number | undefined): void {
  if (platform !== 'linux') {
    throw new MachineProblem(
      `The embedded Kubernetes runs on Linux, not on ${platform}.`,
      'Use a Linux machine, or name a cluster with --context.',
    );
  }
  if (uid === 0) return;
  throw new MachineProblem(
    'The embedded Kubernetes needs root: it makes network links, mounts and control groups.',
    'Run the command as root (for example with sudo), or name a cluster with --context.',
  );
}
