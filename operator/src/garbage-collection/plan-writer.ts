import { type ConfigMap, configMaps, type Pod } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import type { ReplicaClient } from '../replicas/replica-client.ts';
import { fieldManager, garbageCollections, type ServedGarbageCollection } from './kind.ts';
import type { StoredPlan } from './observation.ts';
import { planData } from './plan-text.ts';
import { addressOf } from './replica-probe.ts';

export interface PlanWriterOptions {
  client: Client;
  replicas: ReplicaClient;
}

/** Fetches the plan of a dry run from the replica that made it, and writes it into a ConfigMap of the GarbageCollection. */
export type PlanWriter = (object: ServedGarbageCollection, pod: Pod) => Promise<StoredPlan>;

const answerMs = 10_000;

export function createPlanWriter({ client, replicas }: PlanWriterOptions): PlanWriter {
  return async (object, pod) => {
    const { name: owner, namespace, uid } = object.metadata;
    const name = `${owner}-plan`;
    const found = await client.find(configMaps, { namespace, name });
    if (found !== undefined && !isOwnedBy(found, uid)) {
      return { problem: `ConfigMap ${name} exists and is not this GarbageCollection's; rename or delete it` };
    }
    const document = await fetchPlan(replicas, object, pod);
    if (!('plan' in document)) return document;
    const { apiVersion, kind } = garbageCollections;
    const ownerReferences = [{ apiVersion, kind, name: owner, uid, controller: true }];
    // Without our label, for the caches of the operator hold what carries it, and plans are large.
    const metadata = { name, namespace, uid: found?.metadata.uid, ownerReferences };
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: planData(document.plan) };
    try {
      await client.apply(configMaps, manifest, { fieldManager });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { problem: `the API server refused ConfigMap ${name}: ${error.message}` };
    }
    return { name };
  };
}

async function fetchPlan(
  replicas: ReplicaClient,
  { metadata, spec }: ServedGarbageCollection,
  pod: Pod,
): Promise<{ plan: unknown } | { problem: string }> {
  try {
    const plan = await replicas.plan(addressOf(pod, spec.registryRef.name), metadata.uid, answerMs);
    return plan === undefined ? { problem: `pod ${pod.metadata.name} has no plan of this run` } : { plan };
  } catch (error) {
    return { problem: `pod ${pod.metadata.name}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function isOwnedBy({ metadata }: ConfigMap, uid: string): boolean {
  return metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
}
