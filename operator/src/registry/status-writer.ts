import { isDeepStrictEqual } from 'node:util';
import type { RegistryStatus } from '../api/registry-status.ts';
import type { Client } from '../kube/client.ts';
import { findCondition } from '../kube/conditions.ts';
import type { EventRecorder } from '../kube/events.ts';
import { isOlderVersion } from '../kube/resource.ts';
import { certificateEvents } from './certificates/certificate-events.ts';
import { fieldManager, registries, type ServedRegistry } from './kind.ts';
import { storageEvent } from './storage-event.ts';

export interface StatusWriter {
  /** The status that the API server has, as far as this process knows. */
  current(registry: ServedRegistry): RegistryStatus;
  /** Writes the status when it differs from the current one, and an Event when the verdict changed. True when it wrote. */
  write(registry: ServedRegistry, status: RegistryStatus): Promise<boolean>;
  forget(uid: string): void;
}

interface Memory {
  /** Version of the cached object on which the write was based, and the one that came of it. */
  readonly seen: string | undefined;
  readonly written: string | undefined;
  readonly status: RegistryStatus;
}

export function createStatusWriter(options: { client: Client; events: EventRecorder }): StatusWriter {
  const { client, events } = options;
  const memories = new Map<string, Memory>();

  function current(registry: ServedRegistry): RegistryStatus {
    const memory = memories.get(registry.metadata.uid);
    const { resourceVersion } = registry.metadata;
    // Until it is there the cache does not show our last write, though it may show an earlier one, or a change of the spec.
    const isBehind = memory?.seen === resourceVersion || isOlderVersion(resourceVersion, memory?.written);
    return memory && isBehind ? memory.status : (registry.status ?? {});
  }

  async function write(registry: ServedRegistry, wanted: RegistryStatus): Promise<boolean> {
    const { name, namespace, uid, resourceVersion } = registry.metadata;
    const before = current(registry);
    const status = withoutUndefined(wanted);
    if (isDeepStrictEqual(before, status)) return false;
    const metadata = { name, namespace, uid };
    const { metadata: written } = await client.applyStatus(
      registries,
      { metadata, status },
      { fieldManager },
    );
    memories.set(uid, { seen: resourceVersion, written: written.resourceVersion, status });
    announce(registry, before, status);
    announceSchedule(registry, before, status);
    const stored = storageEvent(before, status);
    const told = [...certificateEvents(before, status), ...(stored ? [stored] : [])];
    for (const event of told) events.record(registry, event);
    announceSharing(registry, before, status);
    return true;
  }

  function announceSchedule(registry: ServedRegistry, before: RegistryStatus, after: RegistryStatus): void {
    const was = findCondition(before.conditions ?? [], 'GarbageCollectionScheduled');
    const is = findCondition(after.conditions ?? [], 'GarbageCollectionScheduled');
    const isProblem = findCondition(after.conditions ?? [], 'Stalled')?.message === is?.message;
    if (is === undefined || is.message === '' || !isProblem || was?.message === is.message) return;
    events.record(registry, { type: 'Warning', reason: is.reason, action: 'Schedule', note: is.message });
  }

  function announceSharing(registry: ServedRegistry, before: RegistryStatus, after: RegistryStatus): void {
    const was = findCondition(before.conditions ?? [], 'Shared');
    const is = findCondition(after.conditions ?? [], 'Shared');
    if (is?.status !== 'False' || is.message === '' || was?.message === is.message) return;
    events.record(registry, { type: 'Warning', reason: is.reason, action: 'Share', note: is.message });
  }

  function announce(registry: ServedRegistry, before: RegistryStatus, after: RegistryStatus): void {
    const was = findCondition(before.conditions ?? [], 'Ready');
    const is = findCondition(after.conditions ?? [], 'Ready');
    const isStalled = findCondition(after.conditions ?? [], 'Stalled')?.status === 'True';
    if (is === undefined || (was?.reason === is.reason && (was.message === is.message || !isStalled))) return;
    const type = isStalled || is.reason === 'PodTrouble' ? 'Warning' : 'Normal';
    events.record(registry, { type, reason: is.reason, action: 'Reconcile', note: is.message });
  }

  return { current, write, forget: (uid) => void memories.delete(uid) };
}

function withoutUndefined(status: RegistryStatus): RegistryStatus {
  return JSON.parse(JSON.stringify(status)) as RegistryStatus;
}
