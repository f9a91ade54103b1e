import type { RegistryState } from '@wharfinger/registry/config';
import type { Registry } from '../api/registry.ts';
import type { Pod } from '../kube/builtin-kinds.ts';
import { keyOf } from '../kube/resource.ts';
import type { ReplicaClient } from '../replicas/replica-client.ts';
import { internalDomain } from '../resources/names.ts';
import { ports } from '../resources/pod-layout.ts';
import { type Fullness, fullnessOf } from './fullness.ts';

/** What the replicas tell of their storage. */
export interface StorageFacts {
  /** Bytes, of the replica that has the least left. */
  readonly space: { readonly total: number; readonly free: number } | undefined;
  readonly fullness: Fullness;
  /** Why a replica cannot use its storage: a sentence with the way out. */
  readonly hindrance: string | undefined;
  /** Replicas that do not see one another on the storage. */
  readonly apart: { readonly pods: readonly [string, string]; readonly forMs: number } | undefined;
}

export interface StorageSurvey {
  /** What the running pods told last; they are asked when somebody is new among them, and else at most every 5 s. */
  look(registry: Registry, running: readonly Pod[]): Promise<StorageFacts>;
  forget(registry: Pick<Registry, 'metadata'>): void;
}

interface Answer {
  readonly pod: string;
  readonly state: Pick<RegistryState, 'boot' | 'members' | 'storage'>;
}

interface Memory {
  /** Uids of the pods that answered. */
  readonly answered: string;
  readonly askedAt: number;
  readonly apartSince: number | undefined;
  readonly facts: StorageFacts;
}

const answerMs = 1500;
const leastIntervalMs = 5_000;

/** Asks replicas for their storage, which no watch tells. */
export function createStorageSurvey(options: {
  readonly replicas: Pick<ReplicaClient, 'state'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}): StorageSurvey {
  const { replicas, now } = options;
  const known = new Map<string, Memory>();

  async function look(registry: Registry, running: readonly Pod[]): Promise<StorageFacts> {
    const key = keyOf(registry.metadata);
    const before = known.get(key);
    const everyone = uidsOf(running);
    const isRecent = before !== undefined && now() - before.askedAt < leastIntervalMs;
    if (isRecent && before.answered === everyone && before.facts.apart === undefined) return before.facts;
    const asked = await Promise.all(running.map((pod) => ask(registry.metadata.name, pod)));
    const answers = asked.filter((answer) => answer !== undefined);
    const current = conclude(answers, before, now());
    const answered = answers.length === running.length ? everyone : '';
    known.set(key, { answered, askedAt: now(), ...current });
    return current.facts;
  }

  async function ask(name: string, pod: Pod): Promise<Answer | undefined> {
    const { namespace = '', name: podName } = pod.metadata;
    const podIP = pod.status?.podIP;
    if (!podIP) return undefined;
    const serverName = `${podName}.${internalDomain(name, namespace)}`;
    try {
      const state = await replicas.state({ podIP, serverName, port: ports.state }, answerMs);
      return { pod: podName, state };
    } catch {
      // That it does not answer is told by whoever waits for it to take something up.
      return undefined;
    }
  }

  return { look, forget: ({ metadata }) => void known.delete(keyOf(metadata)) };
}

function conclude(
  answers: readonly Answer[],
  before: Memory | undefined,
  now: number,
): Pick<Memory, 'apartSince' | 'facts'> {
  const storages = answers.map(({ state }) => state.storage).filter((storage) => storage !== undefined);
  const told = storages.map(({ total, free }) => ({ total, free })).sort((a, b) => a.free - b.free)[0];
  const space = told ?? before?.facts.space;
  const pods = strangers(answers);
  const apartSince = pods === undefined ? undefined : (before?.apartSince ?? now);
  const facts = {
    space,
    fullness: fullnessOf(space, before?.facts.fullness ?? 'roomy'),
    hindrance: storages.map(({ hindrance }) => hindrance).find((hindrance) => hindrance !== undefined),
    apart: pods && { pods, forMs: now - (apartSince ?? now) },
  };
  return { apartSince, facts };
}

/** Two replicas one of which does not see the other; one that tells nothing proves nothing. */
function strangers(answers: readonly Answer[]): readonly [string, string] | undefined {
  for (const { pod, state } of answers) {
    const { members } = state;
    const other = answers.find((each) => each.pod !== pod && members?.includes(each.state.boot) === false);
    if (other !== undefined) return [pod, other.pod];
  }
  return undefined;
}

function uidsOf(pods: readonly Pod[]): string {
  return pods
    .map(({ metadata }) => metadata.uid ?? metadata.name)
    .sort()
    .join();
}
