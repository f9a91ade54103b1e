import type { Registry } from '../api/registry.ts';
import type { Pod } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import { keyOf } from '../kube/resource.ts';
import type { ReplicaClient } from '../replicas/replica-client.ts';
import { annotateSync } from '../replicas/sync-annotation.ts';
import { internalDomain } from '../resources/names.ts';
import { ports } from '../resources/pod-layout.ts';
import { type Expectation, expectationDigest, unconfirmed } from './expectation.ts';
import { fieldManager } from './kind.ts';
import { isReady } from './pod-condition.ts';

const answerMs = 1500;
const patchAgainMs = { first: 2000, last: 30_000 };

export interface SynchronizationOptions {
  readonly client: Client;
  readonly replicas: ReplicaClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A replica that does not confirm what it should use. */
export interface Lagging {
  readonly pod: string;
  /** What it lacks, or why it could not be asked. */
  readonly lacks: string;
  /** For how long it has lacked that, in milliseconds. */
  readonly forMs: number;
}

/**
 * Sees to it that the pods take up what is mounted into them. A kubelet looks at a mounted file at once only when the pod changes, so
 * an annotation of the pod is set, and again every 2 s, ever more seldom after 10 s, until the replica itself confirms.
 */
export interface Synchronization {
  /** The replicas that do not confirm; nobody is asked again who confirmed the same before. */
  synchronize(registry: Registry, running: readonly Pod[], expected: Expectation): Promise<Lagging[]>;
  /** Has every replica of this Registry asked again. */
  forget(registry: Registry): void;
}

interface Memory {
  confirmed: string;
  /** What is waited for, and since when. */
  expected: string;
  since: number;
  patched: string;
  patchedAt: number;
}

export function createSynchronization(options: SynchronizationOptions): Synchronization {
  const { client, replicas, now } = options;
  const known = new Map<string, Map<string, Memory>>();

  async function synchronize(
    registry: Registry,
    running: readonly Pod[],
    expected: Expectation,
  ): Promise<Lagging[]> {
    const digest = expectationDigest(expected);
    const { name } = registry.metadata;
    const key = keyOf(registry.metadata);
    const before = known.get(key) ?? new Map<string, Memory>();
    const current = new Map(running.map((pod) => [uidOf(pod), before.get(uidOf(pod)) ?? nothing()]));
    known.set(key, current);
    const answers = running.map((pod) =>
      check(name, pod, current.get(uidOf(pod)) ?? nothing(), { expected, digest }),
    );
    return (await Promise.all(answers)).filter((answer) => answer !== undefined);
  }

  async function check(
    name: string,
    pod: Pod,
    memory: Memory,
    { expected, digest }: { expected: Expectation; digest: string },
  ): Promise<Lagging | undefined> {
    if (memory.confirmed === digest) return undefined;
    if (memory.expected !== digest) Object.assign(memory, { expected: digest, since: now() });
    // It confirmed something else before, so it surely has to look; a new pod is asked first.
    if (memory.confirmed !== '' && memory.patched !== digest) await patch(pod, memory, digest);
    const lacks = await ask(name, pod, expected);
    if (lacks === undefined) {
      memory.confirmed = digest;
      return undefined;
    }
    const forMs = now() - memory.since;
    if (isReady(pod) && now() - memory.patchedAt >= patchInterval(forMs)) await patch(pod, memory, digest);
    return { pod: pod.metadata.name, lacks, forMs };
  }

  async function ask(name: string, pod: Pod, expected: Expectation): Promise<string | undefined> {
    const { namespace = '', name: podName } = pod.metadata;
    const serverName = `${podName}.${internalDomain(name, namespace)}`;
    const podIP = pod.status?.podIP;
    if (!podIP) return 'it has no address yet';
    try {
      const state = await replicas.state({ podIP, serverName, port: ports.state }, answerMs);
      const missing = unconfirmed(state, expected);
      return missing.length === 0 ? undefined : missing.join(', ');
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async function patch(pod: Pod, memory: Memory, digest: string): Promise<void> {
    memory.patched = digest;
    memory.patchedAt = now();
    await annotateSync(client, pod.metadata, `${digest}-${memory.patchedAt}`, { fieldManager });
  }

  return { synchronize, forget: (registry) => void known.delete(keyOf(registry.metadata)) };
}

/** A replica that never answers, such as behind a NetworkPolicy, must not keep its kubelet busy for ever. */
function patchInterval(forMs: number): number {
  return Math.min(patchAgainMs.last, Math.max(patchAgainMs.first, forMs / 5));
}

function nothing(): Memory {
  return { confirmed: '', expected: '', since: 0, patched: '', patchedAt: 0 };
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? pod.metadata.name;
}
