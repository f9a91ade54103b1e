import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { RequestCount } from './request-counts.ts';

/** What is true of the replica at the moment of a scrape. */
export interface MetricsSnapshot {
  readonly workers: readonly { readonly phase: string; readonly requestsInFlight: number }[];
  readonly writes: string;
  readonly heldWrites: number;
  /** Bytes; undefined where the storage has no bounds. */
  readonly storage: { readonly total: number; readonly free: number } | undefined;
}

export interface Metrics {
  /** Adds requests that a worker finished. */
  count(requests: readonly RequestCount[]): void;
  render(): Promise<{ type: string; text: string }>;
}

const writeStates = ['open', 'readOnly', 'pausing', 'paused'];
const phases = ['starting', 'serving', 'draining'];

/** The metrics of a replica in Prometheus' text format; names of requests as distribution has them. */
export function createMetrics(snapshot: () => Promise<MetricsSnapshot>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'wharfinger_supervisor_' });
  const requests = new Counter({
    name: 'registry_http_requests_total',
    help: 'Total number of HTTP requests finished.',
    labelNames: ['handler', 'method', 'code'],
    registers,
  });
  const seconds = new Counter({
    name: 'registry_http_request_seconds_total',
    help: 'Sum of the durations of the HTTP requests finished.',
    labelNames: ['handler', 'method'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'registry_http_in_flight_requests',
    help: 'HTTP requests under way.',
    registers,
  });
  const writes = new Gauge({
    name: 'wharfinger_writes',
    help: 'Whether writes are in this state: 1 for the one that holds.',
    labelNames: ['state'],
    registers,
  });
  const held = new Gauge({
    name: 'wharfinger_held_writes',
    help: 'Writes that wait for a collection window to end.',
    registers,
  });
  const workers = new Gauge({
    name: 'wharfinger_workers',
    help: 'Worker processes by phase.',
    labelNames: ['phase'],
    registers,
  });
  const storage = storageGauges(registers);

  return {
    count(finished) {
      for (const { handler, method, code, count, seconds: spent } of finished) {
        requests.inc({ handler, method, code }, count);
        seconds.inc({ handler, method }, spent);
      }
    },
    async render() {
      const now = await snapshot();
      inFlight.set(now.workers.reduce((sum, worker) => sum + worker.requestsInFlight, 0));
      held.set(now.heldWrites);
      if (now.storage) storage(now.storage);
      for (const state of writeStates) writes.set({ state }, state === now.writes ? 1 : 0);
      for (const phase of phases)
        workers.set({ phase }, now.workers.filter((worker) => worker.phase === phase).length);
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** They are there from the first time that there is something to tell: 0 would mean a full storage. */
function storageGauges(registers: Registry[]): (storage: { total: number; free: number }) => void {
  let gauges: { total: Gauge; free: Gauge } | undefined;
  return ({ total, free }) => {
    gauges ??= {
      total: new Gauge({ name: 'wharfinger_storage_size_bytes', help: 'Bytes of the storage.', registers }),
      free: new Gauge({
        name: 'wharfinger_storage_free_bytes',
        help: 'Bytes of the storage that this registry may still use.',
        registers,
      }),
    };
    gauges.total.set(total);
    gauges.free.set(free);
  };
}
