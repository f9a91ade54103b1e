import { isDeepStrictEqual } from 'node:util';
import type { NodeTrustStatus } from '../api/node-trust-status.ts';
import type { Client } from '../kube/client.ts';
import { findCondition } from '../kube/conditions.ts';
import type { EventRecorder } from '../kube/events.ts';
import { fieldManager, nodeTrusts, type ServedNodeTrust } from './kind.ts';

/** Writes the status when it differs from what the cache shows, and an Event when the verdict changed. */
export async function writeStatus(
  { client, events }: { client: Client; events: EventRecorder },
  served: ServedNodeTrust,
  wanted: NodeTrustStatus,
): Promise<void> {
  const status = JSON.parse(JSON.stringify(wanted)) as NodeTrustStatus;
  const before = served.status ?? {};
  if (isDeepStrictEqual(before, status)) return;
  const { name, uid } = served.metadata;
  await client.applyStatus(nodeTrusts, { metadata: { name, uid }, status }, { fieldManager });
  announce(events, served, before, status);
}

function announce(
  events: EventRecorder,
  served: ServedNodeTrust,
  before: NodeTrustStatus,
  after: NodeTrustStatus,
): void {
  const was = findCondition(before.conditions ?? [], 'Ready');
  const is = findCondition(after.conditions ?? [], 'Ready');
  const isStalled = findCondition(after.conditions ?? [], 'Stalled')?.status === 'True';
  if (is === undefined || (was?.reason === is.reason && (was.message === is.message || !isStalled))) return;
  const type = isStalled ? 'Warning' : 'Normal';
  events.record(served, { type, reason: is.reason, action: 'Reconcile', note: is.message });
}
