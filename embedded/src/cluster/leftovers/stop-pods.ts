import type { Layout } from '../layout.ts';
import { stopProcess } from '../supervisor/stop-process.ts';
import { findPodProcesses } from './pod-processes.ts';

/**
 * Ends the processes of all pods: containers get `graceMs` milliseconds to end by themselves, shims none.
 * The kubelet must be gone, for it would start the pods again.
 */
export async function stopPods(layout: Layout, graceMs: number): Promise<void> {
  await Promise.all(findPodProcesses(layout).containers.map((identity) => stopProcess(identity, graceMs)));
  const { shims, containers } = findPodProcesses(layout);
  await Promise.all([...shims, ...containers].map((identity) => stopProcess(identity, 0)));
}
