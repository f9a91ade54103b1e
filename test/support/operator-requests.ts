import { connectCluster } from '@wharfinger/embedded';
import { type AuditEvent, auditOf } from './audit.ts';
import { operatorUser } from './granted-rules.ts';

/** What the operator asked of the API server since a time (ISO), leases aside. */
export async function operatorRequests(since: string): Promise<AuditEvent[]> {
  const { auditLog } = await connectCluster();
  const found: AuditEvent[] = [];
  for await (const event of auditOf(auditLog, operatorUser, since)) {
    // A watch that ends began before.
    const counted = event.verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete';
    if (event.stage === counted && event.objectRef?.resource !== 'leases') found.push(event);
  }
  return found;
}

const reading = new Set(['get', 'list', 'watch']);

export function isWrite({ verb }: AuditEvent): boolean {
  return !reading.has(verb);
}

/** `VERB PATH`, how often each. */
export function tallied(events: readonly AuditEvent[]): string[] {
  const counts = new Map<string, number>();
  for (const { verb, requestURI } of events) {
    const what = `${verb} ${requestURI.split('?')[0]}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([what, count]) => `${count} x ${what}`);
}
