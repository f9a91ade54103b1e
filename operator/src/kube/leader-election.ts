import { randomUUID } from 'node:crypto';
import { sleep } from './backoff.ts';
import { type Lease, leases } from './builtin-kinds.ts';
import type { Client } from './client.ts';
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts';
import type { Log } from './log.ts';
import { microTime } from './micro-time.ts';

export interface LeaderElectionOptions {
  /** A client without `mayWrite`. */
  client: Client;
  namespace: string;
  /** Name of the Lease. */
  name: string;
  /** Unique per process: `leaderIdentity(podName)`. */
  identity: string;
  onStartedLeading: () => void;
  /** Called once when leadership is lost (never after a clean `stop`): the process must exit at once. */
  onLost: (reason: string) => void;
  log: Log;
  /** 10,000; how long others wait after the last renewal they saw. Whole seconds. */
  leaseDurationMs?: number;
  /** 7,000; a leader that could not renew for so long gives up. Less than the duration. */
  renewDeadlineMs?: number;
  /** 2,000; between two tries. */
  retryPeriodMs?: number;
}

/**
 * Election of one leader by a coordination.k8s.io/v1 Lease. Clocks are never compared between machines: a candidate takes the Lease
 * only after it has seen it unchanged for the whole duration on its own monotonic clock.
 */
export interface LeaderElection {
  start(): void;
  /** True while the last renewal is younger than the renew deadline; fit for `mayWrite`. */
  isLeader(): boolean;
  /** Releases the Lease when held, so that another process takes over within one retry period. */
  stop(): Promise<void>;
}

/** The pod's name with a part of its own for each process, so that a restarted container never takes the old one's Lease for its own. */
export function leaderIdentity(podName: string): string {
  return `${podName}_${randomUUID()}`;
}

export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { client, namespace, name, identity, log } = options;
  const { leaseDurationMs = 10_000, renewDeadlineMs = 7_000, retryPeriodMs = 2_000 } = options;
  const fields = { lease: `${namespace}/${name}`, identity };
  const call = { retries: 0, timeoutMs: Math.ceil(renewDeadlineMs / 3) };
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | undefined;
  let deadline: NodeJS.Timeout | undefined;
  /** The Lease as last answered while we hold it. */
  let held: Lease | undefined;
  let lost = false;
  /** When the last confirmed renewal was sent, on the monotonic clock. */
  let renewedAt = 0;
  /** What a candidate saw last, and since when it has not changed. */
  let observed = { record: '', since: 0 };

  function isLeader(): boolean {
    return held !== undefined && performance.now() - renewedAt < renewDeadlineMs;
  }

  function confirm(lease: Lease, sentAt: number): void {
    if (lost) return;
    held = lease;
    renewedAt = sentAt;
    clearTimeout(deadline);
    const left = sentAt + renewDeadlineMs - performance.now();
    deadline = setTimeout(() => lose('it could not be renewed in time'), Math.max(0, left));
  }

  function lose(reason: string): void {
    clearTimeout(deadline);
    if (held === undefined) return;
    held = undefined;
    lost = true;
    stopping.abort();
    log.error({ ...fields, reason }, 'lost the Lease');
    options.onLost(reason);
  }

  function specFor(previous: Lease['spec']): NonNullable<Lease['spec']> {
    const now = microTime(new Date());
    const ours = previous?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(leaseDurationMs / 1000),
      acquireTime: ours ? previous?.acquireTime : now,
      renewTime: now,
      leaseTransitions: (previous?.leaseTransitions ?? 0) + (ours || previous === undefined ? 0 : 1),
    };
  }

  /** Rejects with a conflict when someone else wrote the Lease since `lease` was read. */
  async function claim(lease: Lease): Promise<void> {
    const sentAt = performance.now();
    const { resourceVersion } = lease.metadata;
    const manifest = { metadata: { namespace, name, resourceVersion }, spec: specFor(lease.spec) };
    confirm(await client.replace(leases, manifest, call), sentAt);
  }

  async function createLease(): Promise<void> {
    const sentAt = performance.now();
    confirm(
      await client.create(leases, { metadata: { namespace, name }, spec: specFor(undefined) }, call),
      sentAt,
    );
  }

  function mayTake(lease: Lease): boolean {
    if (!lease.spec?.holderIdentity) return true;
    const { holderIdentity, renewTime, leaseTransitions, leaseDurationSeconds } = lease.spec;
    const record = JSON.stringify([holderIdentity, renewTime, leaseTransitions]);
    if (record !== observed.record) observed = { record, since: performance.now() };
    const promisedMs = leaseDurationSeconds === undefined ? leaseDurationMs : leaseDurationSeconds * 1000;
    return performance.now() - observed.since >= promisedMs;
  }

  async function tryToAcquire(): Promise<void> {
    const lease = await client.find(leases, { namespace, name }, call);
    if (lease === undefined) await createLease();
    else if (mayTake(lease)) await claim(lease);
  }

  async function renew(lease: Lease): Promise<void> {
    try {
      await claim(lease);
    } catch (error) {
      if (isNotFound(error)) lose('it was deleted');
      if (!isConflict(error)) throw error;
      await resolveConflict();
    }
  }

  /** A renewal of ours whose answer got lost also ends in a conflict: only another holder means that the Lease is gone. */
  async function resolveConflict(): Promise<void> {
    const lease = await client.get(leases, { namespace, name }, call);
    if (lease.spec?.holderIdentity !== identity)
      lose(`${lease.spec?.holderIdentity || 'nobody'} holds it now`);
    else if (held !== undefined) await claim(lease);
  }

  async function step(): Promise<void> {
    try {
      if (held !== undefined) {
        await renew(held);
        return;
      }
      await tryToAcquire();
      if (held === undefined) return;
      log.info(fields, 'acquired the Lease');
      options.onStartedLeading();
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) log.debug(fields, 'another candidate was faster');
      else
        log.warn({ ...fields, err: error, leading: held !== undefined }, 'could not read or write the Lease');
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await step();
      await sleep(retryPeriodMs * (1 + 0.2 * Math.random()), signal).catch(() => undefined);
    }
  }

  async function release(lease: Lease): Promise<void> {
    const { resourceVersion } = lease.metadata;
    const spec = {
      ...lease.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: microTime(new Date()),
    };
    try {
      await client.replace(leases, { metadata: { namespace, name, resourceVersion }, spec }, call);
      log.info(fields, 'released the Lease');
    } catch (error) {
      log.warn({ ...fields, err: error }, 'could not release the Lease; it expires by itself');
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await running;
    clearTimeout(deadline);
    const last = held;
    held = undefined;
    if (last !== undefined) await release(last);
  }

  return {
    start(): void {
      running ??= run();
    },
    isLeader,
    stop,
  };
}
