import type { ComponentName } from './component.ts';
import type { Layout } from './layout.ts';
import { stopUnrecorded } from './leftovers/unrecorded.ts';
import { forgetProcess, readProcessTable } from './supervisor/process-table.ts';
import { stopProcess } from './supervisor/stop-process.ts';

/** Milliseconds that a component has to end by itself when its data is kept. */
export const componentGraceMs = 10_000;

/**
 * Ends the recorded processes of the components `names`, all at once, within `graceMs` milliseconds by force.
 * Those that do not run are no error.
 */
export async function stopComponents(
  layout: Layout,
  names: readonly ComponentName[],
  graceMs: number = componentGraceMs,
): Promise<void> {
  const records = readProcessTable(layout.processes).filter(({ name }) => names.includes(name));
  await Promise.all(
    records.map(async (record) => {
      await stopProcess(record, graceMs);
      forgetProcess(layout.processes, record.pid);
    }),
  );
}

/** Ends all components and leaves the pods alone: first those that act on their own, at last what they all need. */
export async function stopAllComponents(layout: Layout, graceMs: number = componentGraceMs): Promise<void> {
  await stopActors(layout, graceMs);
  await stopComponents(layout, ['containerd', 'kube-apiserver'], graceMs);
  await stopComponents(layout, ['etcd'], graceMs);
  await stopUnrecorded(layout);
}

/** Ends the components that would start pods again or change the network. */
export async function stopActors(layout: Layout, graceMs: number): Promise<void> {
  const names = [
    'kubelet',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'coredns',
    'volumes',
  ] as const;
  await stopComponents(layout, names, graceMs);
}
