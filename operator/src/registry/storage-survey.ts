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

/** Nobody was asked. */
export const unknownStorage: StorageFacts = {
  space: undefined,
  fullness: 'roomy',
  hindrance: undefined,
  apart: undefined,
};

export interface StorageSurvey {
  /** What the running pods told last; they are asked when somebody is new among them, and else at most every 5 s. */
  look(registry: Named, running: readonly Pod[]): Promise<StorageFacts>;
  /** Whether it is time to ask again: every minute, and every 10 s when there is little room; never before the first `look`. */
  isDue(registry: Named): boolean;
  /** Asks, and tells whether the answer is news to whoever looked last. */
  refresh(registry: Named, running: readonly Pod[]): Promise<boolean>;
  forget(registry: Named): void;
}

type Named = Pick<Registry, 'metadata'>;

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
  /** What was looked at last. */
  readonly told: StorageFacts;
}

const answerMs = 1500;
const leastIntervalMs = 5_000;
const intervalMs = { roomy: 60_000, nearlyFull: 10_000, full: 10_000 } as const;

/** Asks replicas for their storage, which no watch tells. */
export function createStorageSurvey(options: {
  readonly replicas: Pick<ReplicaClient, 'state'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}): StorageSurvey {
  const { replicas, now } = options;
  const known = new Map<string, Memory>();

  async function look(registry: Named, running: readonly Pod[]): Promise<StorageFacts> {
    const key = keyOf(registry.metadata);
    const before = known.get(key);
    const isRecent = before !== undefined && now() - before.askedAt < leastIntervalMs;
    const isKnown = isRecent && before.answered === uidsOf(running) && before.facts.apart === undefined;
    const current = isKnown ? before : await survey(registry, running);
    known.set(key, { ...current, told: current.facts });
    return current.facts;
  }

  async function refresh(registry: Named, running: readonly Pod[]): Promise<boolean> {
    const { facts, told } = await survey(registry, running);
    return isNews(told, facts);
  }

  function isDue({ metadata }: Named): boolean {
    const memory = known.get(keyOf(metadata));
    return memory !== undefined && now() - memory.askedAt >= intervalMs[memory.facts.fullness];
  }

  async function survey(registry: Named, running: readonly Pod[]): Promise<Memory> {
    const key = keyOf(registry.metadata);
    const before = known.get(key);
    const asked = await Promise.all(running.map((pod) => ask(registry.metadata.name, pod)));
    const answers = asked.filter((answer) => answer !== undefined);
    const current = conclude(answers, before, now());
    const answered = answers.length === running.length ? uidsOf(running) : '';
    const memory = { answered, askedAt: now(), told: before?.told ?? current.facts, ...current };
    known.set(key, memory);
    return memory;
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

  return { look, isDue, refresh, forget: ({ metadata }) => void known.delete(keyOf(metadata)) };
}

/** Whether the status would tell something else. */
function isNews(told: StorageFacts, facts: StorageFacts): boolean {
  const essence = ({ space, fullness, hindrance, apart }: StorageFacts): string =>
    JSON.stringify([space && usedPercent(space), space?.total, fullness, hindrance, apart?.pods]);
  return essence(told) !== essence(facts);
}

/** A whole number, rounded down. */
export function usedPercent({ total, free }: { total: number; free: number }): number {
  return Math.floor((100 * (total - free)) / total);
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
