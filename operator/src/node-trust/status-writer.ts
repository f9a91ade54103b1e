import { isDeepStrictEqual } from 'node:util';
import type { NodeTrustStatus } from '../api/node-trust-status.ts';
import type { Client } from '../kube/client.ts';
import { findCondition } from '../kube/conditions.ts';
import type { EventRecorder } from '../kube/events.ts';
import { fieldManager, nodeTrusts, type ServedNodeTrust } from './kind.ts';

export interface StatusWriter {
  /** The status that the API server has, as far as this process knows. */
  current(served: ServedNodeTrust): NodeTrustStatus;
  /**
   * Writes the status when it differs from the current one, and an Event when the verdict changed. When nothing but progress was made since a
   * write a moment ago, it writes nothing: gives the milliseconds after which to tell it. A thousand nodes must not make a thousand writes.
   */
  write(served: ServedNodeTrust, status: NodeTrustStatus): Promise<number | undefined>;
  forget(uid: string): void;
}

interface Memory {
  /** Version of the cached object on which the write was based. */
  readonly seen: string;
  readonly status: NodeTrustStatus;
  readonly at: number;
}

const progressMs = 2000;

export function createStatusWriter(options: {
  client: Client;
  events: EventRecorder;
  now: () => number;
}): StatusWriter {
  const { client, events, now } = options;
  const memories = new Map<string, Memory>();

  function current({ metadata, status }: ServedNodeTrust): NodeTrustStatus {
    const memory = memories.get(metadata.uid);
    // As long as the cache has not moved, it does not show our last write.
    return memory?.seen === metadata.resourceVersion ? memory.status : (status ?? {});
  }

  async function write(served: ServedNodeTrust, wanted: NodeTrustStatus): Promise<number | undefined> {
    const status = JSON.parse(JSON.stringify(wanted)) as NodeTrustStatus;
    const before = current(served);
    if (isDeepStrictEqual(before, status)) return undefined;
    const { name, uid, resourceVersion } = served.metadata;
    const rest = progressMs - (now() - (memories.get(uid)?.at ?? Number.NEGATIVE_INFINITY));
    if (rest > 0 && isDeepStrictEqual(verdictOf(before), verdictOf(status))) return rest;
    await client.applyStatus(nodeTrusts, { metadata: { name, uid }, status }, { fieldManager });
    memories.set(uid, { seen: resourceVersion, status, at: now() });
    announce(served, before, status);
    return undefined;
  }

  function announce(served: ServedNodeTrust, before: NodeTrustStatus, after: NodeTrustStatus): void {
    const was = findCondition(before.conditions ?? [], 'Ready');
    const is = findCondition(after.conditions ?? [], 'Ready');
    const isStalled = findCondition(after.conditions ?? [], 'Stalled')?.status === 'True';
    if (is === undefined || (was?.reason === is.reason && (was.message === is.message || !isStalled))) return;
    const type = isStalled ? 'Warning' : 'Normal';
    events.record(served, { type, reason: is.reason, action: 'Reconcile', note: is.message });
  }

  return { current, write, forget: (uid) => void memories.delete(uid) };
}

/** What is told at once: all but how far the nodes are. */
function verdictOf({ observedGeneration, conditions = [], registries }: NodeTrustStatus): object {
  const verdicts = conditions.map(({ type, status, reason }) => ({ type, status, reason }));
  return { observedGeneration, verdicts, registries };
}
