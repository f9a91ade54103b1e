import { rm } from 'node:fs/promises';
import type { Layout } from '../layout.ts';
import { readProcFile } from '../supervisor/process-identity.ts';
import { stopProcess } from '../supervisor/stop-process.ts';
import { findPodProcesses } from './pod-processes.ts';
import { shimSocket } from './shim-socket.ts';

/**
 * Ends the processes of all pods: containers get `graceMs` milliseconds to end by themselves, shims none.
 * The kubelet must be gone, for it would start the pods again.
 */
export async function stopPods(layout: Layout, graceMs: number): Promise<void> {
  const { shims: before, containers: running } = findPodProcesses(layout);
  const sockets = before.map(({ pid }) => shimSocket(readProcFile(pid, 'cmdline') ?? ''));
  await Promise.all(running.map((identity) => stopProcess(identity, graceMs)));
  const { shims, containers } = findPodProcesses(layout);
  await Promise.all([...shims, ...containers].map((identity) => stopProcess(identity, 0)));
  for (const socket of sockets) if (socket) await rm(socket, { force: true });
}
