import type { z } from 'zod';
import { Registry } from '../api/registry.ts';
import type { RegistryStatus } from '../api/registry-status.ts';
import type { Client } from '../kube/client.ts';
import { setConditions } from '../kube/conditions.ts';
import type { EventRecorder } from '../kube/events.ts';
import { unreadable } from '../kube/kstatus.ts';
import type { Log } from '../kube/log.ts';
import { keyOf, type ObjectRef } from '../kube/resource.ts';
import type { WorkResult } from '../kube/work-queue.ts';
import type { ReplicaClient } from '../replicas/replica-client.ts';
import { reconcileAnnotation } from '../resources/labels.ts';
import { createApplier } from './applier.ts';
import { removeLeftover } from './cert-manager/leftover.ts';
import type { OptionalCaches } from './optional-caches.ts';
import type { InternalAuthority } from './internal-authority.ts';
import type { ServedRegistry } from './kind.ts';
import { lastCollection } from './last-collection.ts';
import { type Pass, runSteps } from './pass.ts';
import { createPasswordHashes } from './password-hashes.ts';
import { withdrawAll } from './sharing/withdrawal.ts';
import { createStatusWriter } from './status-writer.ts';
import type { StorageSurvey } from './storage-survey.ts';
import type { RegistryStores } from './stores.ts';
import { firstSight } from './summary.ts';
import { suspendedStatus } from './suspended.ts';
import { createSynchronization, type Lagging } from './synchronization.ts';
import { toldStatus } from './told-status.ts';

export interface RegistryReconcilerOptions {
  readonly client: Client;
  readonly stores: RegistryStores;
  readonly replicas: ReplicaClient;
  readonly survey: StorageSurvey;
  readonly authority: InternalAuthority;
  readonly events: EventRecorder;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Image of a Registry that names none. */
  readonly defaultImage: string;
  readonly operatorNamespace: string;
  /** Namespaces whose pods may read metrics; `*` is every one. */
  readonly metricsNamespaces: readonly string[];
  readonly optional: OptionalCaches;
}

export type RegistryReconciler = (ref: ObjectRef, signal: AbortSignal) => Promise<WorkResult>;

const lagMs = { first: 300, last: 5000 };
const waitMs = 1000;
const soonMs = 100;
const stalledMs = 30_000;
const longestMs = 6 * 3_600_000;
const watched = new Set(['ConsentMissing', 'ServiceAccountMissing', 'HostnameTaken']);

/** Brings one Registry to what its spec says, and tells in its status how far that is. */
export function createRegistryReconciler(options: RegistryReconcilerOptions): RegistryReconciler {
  const { client, stores, events, log, survey } = options;
  const applier = createApplier(client);
  const hashes = createPasswordHashes();
  const synchronization = createSynchronization({ client, replicas: options.replicas, now: options.now });
  const writer = createStatusWriter({ client, events });

  async function reconcile(ref: ObjectRef, signal: AbortSignal): Promise<WorkResult> {
    const served = stores.registries.get(ref);
    if (served === undefined || served.metadata.deletionTimestamp !== undefined) {
      if (served) {
        writer.forget(served.metadata.uid);
        survey.forget(served);
      }
      await withdrawAll({ client, stores }, keyOf(ref));
      if (served === undefined) await removeLeftover({ client, stores, optional: options.optional }, ref);
      return {};
    }
    const before = await introduce(served);
    signal.throwIfAborted();
    const parsed = Registry.safeParse(served);
    if (!parsed.success) return refuse(served, parsed.error.issues);
    const registry = parsed.data;
    const { authority, defaultImage, operatorNamespace, metricsNamespaces, optional } = options;
    const now = new Date(options.now());
    // Before the schedule removes what is beyond its limits.
    const collections = stores.garbageCollections.list(ref.namespace);
    const latest = lastCollection(collections, registry.metadata.name, before.lastCollection);
    if (registry.spec.suspend) {
      await writer.write(served, suspendedStatus({ registry, stores, before, lastCollection: latest, now }));
      return {};
    }
    const asked = registry.metadata.annotations?.[reconcileAnnotation];
    const isAsked = asked !== undefined && asked !== before.lastHandledReconcileAt;
    if (isAsked) synchronization.forget(registry);
    const context = {
      registry,
      client,
      stores,
      applier,
      authority,
      hashes,
      defaultImage,
      operatorNamespace,
      metricsNamespaces,
      optional,
      before,
      now,
      isAsked,
    };
    const pass = await runSteps(context, { synchronization, survey });
    const status = toldStatus({ registry, before, pass, defaultImage, lastCollection: latest, now });
    const { problems } = pass.findings;
    const isNews = await writer.write(served, status);
    for (const event of pass.events) events.record(served, event);
    if (isNews && problems.length > 0) log.warn({ registry: keyOf(ref), problems }, 'registry has problems');
    return { requeueAfterMs: nextLook(pass, options.now()) };
  }

  /** An API server with our CustomResourceDefinition lets no such object in; one with an older definition may. */
  async function refuse(served: ServedRegistry, issues: readonly z.core.$ZodIssue[]): Promise<WorkResult> {
    const { generation } = served.metadata;
    const message = issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    const before = writer.current(served);
    const updates = unreadable(generation, message);
    const conditions = setConditions(before.conditions ?? [], updates, new Date(options.now()));
    await writer.write(served, { ...before, observedGeneration: generation, conditions });
    return {};
  }

  /** A Registry without conditions counts as healthy for many tools, so it gets some before anything else happens. */
  async function introduce(served: ServedRegistry): Promise<RegistryStatus> {
    const current = writer.current(served);
    if (current.conditions !== undefined) return current;
    const { generation } = served.metadata;
    const conditions = setConditions([], firstSight(generation), new Date(options.now()));
    const status = { observedGeneration: generation, conditions };
    await writer.write(served, status);
    return status;
  }

  return reconcile;
}

/** Milliseconds until there may be something to do that no watch tells. */
function nextLook(pass: Pass, now: number): number {
  const { nextScheduleTime } = pass.schedule?.status ?? {};
  const { passwordEnd = Number.POSITIVE_INFINITY } = pass;
  const others = Math.min(nextLookButSchedule(pass, now), Math.max(passwordEnd - now, soonMs));
  if (nextScheduleTime === undefined || pass.schedule?.reason === 'RunUnderWay') return others;
  return Math.min(others, Math.max(Date.parse(nextScheduleTime) - now, soonMs));
}

function nextLookButSchedule({ findings, certificate }: Pass, now: number): number {
  const passing = findings.problems.filter((problem) => !problem.stalled);
  if (passing.length > 0) return Math.min(...passing.map(({ againMs = waitMs }) => againMs));
  if (findings.lagging.length > 0) return lagInterval(findings.lagging);
  // Watches tell of consent, and of a name that is free again.
  if (findings.problems.some(({ reason }) => !watched.has(reason))) return stalledMs;
  const change = (certificate?.nextChange ?? 0) - now;
  // What is past waits for something that a watch tells.
  return change > 0 ? Math.min(change + soonMs, longestMs) : longestMs;
}

/** Soon after a change; more seldom when a replica does not confirm it for long. */
function lagInterval(lagging: readonly Lagging[]): number {
  const shortest = Math.min(...lagging.map(({ forMs }) => forMs));
  return Math.min(lagMs.last, Math.max(lagMs.first, shortest / 10));
}
