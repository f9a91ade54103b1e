import { createHash } from 'node:crypto';
import { pods } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import type { ObjectRef } from '../kube/resource.ts';

/** Changing it on a pod makes the kubelet look at the pod's mounted ConfigMaps and Secrets at once (else it takes up to a minute and more). */
export const syncAnnotation = 'wharfinger.dev/sync';

/**
 * Value of the annotation for the mounted objects, given as `kind/name` to resourceVersion. `attempt` makes the value differ
 * when the same state must be pushed once more, because the kubelet's own watch may lag behind the annotation.
 */
export function syncDigest(
  resourceVersions: Readonly<Record<string, string>>,
  attempt: number | string = 0,
): string {
  const entries = Object.entries(resourceVersions).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 32);
  return `${digest}-${attempt}`;
}

/** Sets the annotation of one pod. True when the pod was there; false when it is gone. Rejects like any call of the client. */
export async function annotateSync(
  client: Client,
  pod: ObjectRef,
  value: string,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await client.patchMerge(
      pods,
      pod,
      { metadata: { annotations: { [syncAnnotation]: value } } },
      { signal },
    );
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
