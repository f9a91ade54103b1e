import type { GarbageCollectionStatus, KubeObject } from '@wharfinger/operator';
import type { MemoryCluster } from '../../../operator/src/registry/memory-cluster.ts';

/** For tests: waits for a GarbageCollection to be created and gives it a status, as the operator would. */
export async function endNextRun(
  memory: MemoryCluster,
  status: GarbageCollectionStatus,
): Promise<KubeObject & { spec: object }> {
  for (;;) {
    const created = memory.writes.findLast((write) => write.startsWith('create garbagecollections/'));
    if (created !== undefined) {
      const object = memory.get('garbagecollections', created.split('/')[1] ?? '') as KubeObject & {
        spec: object;
      };
      memory.put('garbagecollections', { ...object, status } as KubeObject);
      return object;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
