import { run } from '../process/run.ts';
import { bootstrapObjects } from './bootstrap-objects.ts';
import type { ClusterContext } from './context.ts';

/** Applies the objects that every cluster has. */
export async function bootstrapCluster({ layout, binaries }: ClusterContext): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: bootstrapObjects() };
  const flags = [
    '--server-side',
    '--field-manager=wharfinger-embedded',
    '--force-conflicts',
    '--validate=false',
  ];
  await run(binaries.kubectl, ['--kubeconfig', layout.adminKubeconfig, 'apply', ...flags, '-f', '-'], {
    timeoutMs: 60_000,
    input: JSON.stringify(list),
  });
}
