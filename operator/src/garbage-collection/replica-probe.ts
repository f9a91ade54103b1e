import type { RegistryState } from '@wharfinger/registry/config';
import type { Pod } from '../kube/builtin-kinds.ts';
import type { ReplicaAddress, ReplicaClient } from '../replicas/replica-client.ts';
import { internalDomain } from '../resources/names.ts';
import { ports } from '../resources/pod-layout.ts';
import type { Replica } from './observation.ts';

export interface ReplicaProbeOptions {
  client: ReplicaClient;
  /** Name of the Registry. */
  registry: string;
  now: () => number;
}

/** Asks the replicas of one registry, and remembers since when each is silent. */
export interface ReplicaProbe {
  /** What every pod answers. One that is slow counts as silent, and does not hold up what the others say. */
  look(pods: readonly Pod[]): Promise<Replica[]>;
}

interface Watch {
  silentSince: number | null;
  error: string;
  state: RegistryState | null;
  pending: Promise<void> | undefined;
}

const answerMs = 2000;
const patienceMs = 250;

export function createReplicaProbe(options: ReplicaProbeOptions): ReplicaProbe {
  const watches = new Map<string, Watch>();

  async function ask(pod: Pod, watch: Watch): Promise<void> {
    try {
      watch.state = await options.client.state(addressOf(pod, options.registry), answerMs);
      watch.silentSince = null;
      watch.error = '';
    } catch (error) {
      watch.state = null;
      watch.silentSince ??= options.now();
      watch.error = error instanceof Error ? error.message : String(error);
    } finally {
      watch.pending = undefined;
    }
  }

  async function answerOf(pod: Pod): Promise<Replica> {
    const key = pod.metadata.uid ?? pod.metadata.name;
    const watch = watches.get(key) ?? { silentSince: null, error: '', state: null, pending: undefined };
    watches.set(key, watch);
    watch.pending ??= ask(pod, watch);
    const answered = await within(watch.pending, patienceMs);
    if (!answered) watch.silentSince ??= options.now() - patienceMs;
    return {
      pod: pod.metadata.name,
      ready: isReady(pod),
      terminating: pod.metadata.deletionTimestamp !== undefined,
      state: answered ? watch.state : null,
      silentSince: watch.silentSince,
      error: answered ? watch.error : watch.error || 'timed out',
    };
  }

  async function look(pods: readonly Pod[]): Promise<Replica[]> {
    const keys = new Set(pods.map((pod) => pod.metadata.uid ?? pod.metadata.name));
    for (const key of watches.keys()) if (!keys.has(key)) watches.delete(key);
    return Promise.all(pods.map(answerOf));
  }

  return { look };
}

/** A pod as it is known without asking it. */
export function unasked(pod: Pod): Replica {
  return {
    pod: pod.metadata.name,
    ready: isReady(pod),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    state: null,
    silentSince: null,
    error: '',
  };
}

async function within(answer: Promise<void>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([answer.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
}

/** Where the state endpoint of a pod of a Registry is. Throws while the pod has no address. */
export function addressOf(pod: Pod, registry: string): ReplicaAddress {
  const podIP = pod.status?.podIP;
  if (!podIP) throw new Error('it has no address yet');
  const { name, namespace } = pod.metadata;
  return { podIP, port: ports.state, serverName: `${name}.${internalDomain(registry, namespace ?? '')}` };
}
