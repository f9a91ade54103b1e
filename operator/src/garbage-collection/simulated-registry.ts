import {
  CollectionMaintenance,
  type CollectionPhase,
  maintenanceHash,
  type RegistryState,
} from '@wharfinger/registry/config';
import { counts, makeState } from './scenario.ts';

/** One replica of the simulation: its supervisor, as the architecture has it. */
export interface Supervisor {
  state: RegistryState;
  /** Until then it neither answers nor sees a text. */
  silentUntil: number;
  /** When the workers that are to replace those that serve are there; undefined when none are being forked. */
  preparedAt: number | undefined;
  markedAt: number;
}

/** A store with dead things in it, and the replicas before it. */
export interface SimulatedRegistry {
  readonly replicas: Supervisor[];
  /** 1: marks and sweeps everything in one window. */
  readonly stage: 1 | 2;
  /** Dead things in the store, in the trash, and freed. */
  left: number;
  trash: number;
  freed: number;
  sweptUnsafely: boolean;
  workedTwice: boolean;
}

const forkMs = 1000;
const markMs = 1500;
const perWindow = 5;

export function simulatedRegistry(stage: 1 | 2, left: number, pods: readonly string[]): SimulatedRegistry {
  const replicas = pods.map((pod) => supervisor(makeState(pod, stage === 1 ? {} : { lastPause: null })));
  return { replicas, stage, left, trash: 0, freed: 0, sweptUnsafely: false, workedTwice: false };
}

export function supervisor(state: RegistryState): Supervisor {
  return { state, silentUntil: 0, preparedAt: undefined, markedAt: 0 };
}

/** Every replica that hears anything converges to the text of `collection.json`. */
export function converge(registry: SimulatedRegistry, text: string | null, now: number): void {
  const document = text === null ? null : CollectionMaintenance.parse(JSON.parse(text));
  for (const replica of registry.replicas) {
    if (now < replica.silentUntil) continue;
    const { state } = replica;
    state.observed.collection = text === null ? '' : maintenanceHash(text);
    pause(state, document, now);
    restart(replica, document);
    goOnAlone(replica, document);
    if (registry.stage === 2) prepare(replica, document, now);
    collect(registry, replica, { document, now });
  }
  const working: CollectionPhase[] = ['Marking', 'Sweeping', 'Confirming'];
  const busy = registry.replicas.filter(({ state }) => working.includes(state.collection?.phase ?? 'Failed'));
  if (busy.length > 1 && busy.every(({ silentUntil }) => now >= silentUntil)) registry.workedTwice = true;
}

function pause(state: RegistryState, document: CollectionMaintenance | null, now: number): void {
  const isReleased = document !== null && state.lastPause?.attempt === document.attempt;
  state.windowExpired = document?.window !== undefined && now > Date.parse(document.window.deadline);
  state.writes = document?.window && !state.windowExpired && !isReleased ? 'paused' : 'open';
}

function restart(replica: Supervisor, document: CollectionMaintenance | null): void {
  const nonce = document?.restart;
  if (document?.collect?.solo !== undefined) return;
  if (nonce !== undefined && replica.state.restart?.nonce !== nonce) replica.preparedAt = undefined;
  replica.state.restart = nonce === undefined ? null : { nonce, done: true };
}

/** What follows the sweep of the only replica, a step a tick. */
function goOnAlone({ state }: Supervisor, document: CollectionMaintenance | null): void {
  const { collection } = state;
  const solo = document?.collect?.solo;
  if (document === null || solo?.boot !== state.boot || state.writes !== 'paused') return;
  const { run, attempt } = document;
  if (collection?.run !== run || collection.attempt !== attempt) return;
  if (collection.phase !== 'Swept' && collection.phase !== 'Failed') return;
  if (collection.touched && state.restart?.nonce !== solo.restart) {
    state.restart = { nonce: solo.restart, done: true };
    return;
  }
  state.lastPause = { run, attempt, milliseconds: 400 };
  state.writes = 'open';
}

function prepare(replica: Supervisor, document: CollectionMaintenance | null, now: number): void {
  replica.preparedAt = document?.mark === undefined ? undefined : (replica.preparedAt ?? now + forkMs);
  replica.state.prepared = replica.preparedAt !== undefined && now >= replica.preparedAt;
}

interface Moment {
  document: CollectionMaintenance | null;
  now: number;
}

function collect(registry: SimulatedRegistry, replica: Supervisor, moment: Moment): void {
  const { state } = replica;
  if (registry.stage === 2) mark(registry, replica, moment);
  const { document } = moment;
  if (document === null) return;
  const { run, attempt } = document;
  const isSame = state.collection?.run === run && state.collection.attempt === attempt;
  const phase = isSame ? state.collection?.phase : undefined;
  const hasSwept = phase === 'Swept' || phase === 'Failed';
  if (isToSweep(state, document) && !hasSwept) {
    sweep(registry, state, { run, attempt });
  }
  if (document.confirm?.pod === state.pod && phase !== 'Confirmed') {
    registry.freed += registry.trash;
    registry.trash = 0;
    state.collection = { run, attempt, phase: 'Confirmed', touched: true, remaining: 0, counts };
  }
}

function isToSweep({ pod, boot, writes }: RegistryState, { collect: order }: CollectionMaintenance): boolean {
  return order?.pod === pod && (order.solo?.boot ?? boot) === boot && writes === 'paused';
}

function sweep(
  registry: SimulatedRegistry,
  state: RegistryState,
  { run, attempt }: { run: string; attempt: number },
): void {
  if (registry.replicas.some((other) => other.state.writes === 'open')) registry.sweptUnsafely = true;
  const swept = registry.stage === 1 ? registry.left : Math.min(registry.left, perWindow);
  registry.left -= swept;
  registry.trash += swept;
  const remaining = registry.stage === 1 ? 0 : registry.left;
  state.collection = { run, attempt, phase: 'Swept', touched: swept > 0, remaining, counts };
}

/** Once per run and boot, and once more for an attempt that comes after a failed one. */
function mark(registry: SimulatedRegistry, replica: Supervisor, { document, now }: Moment): void {
  const { state } = replica;
  const { collection } = state;
  const isOrdered = document?.mark?.pod === state.pod;
  const isKept = collection !== null && ['Marking', 'Marked', 'Swept'].includes(collection.phase);
  if (!isOrdered && isKept) state.collection = { ...collection, phase: 'Failed', message: 'withdrawn.' };
  if (!isOrdered || document === null) return;
  const { run, attempt } = document;
  const isMine = collection?.run === run && (collection.phase !== 'Failed' || collection.attempt === attempt);
  if (!isMine) {
    replica.markedAt = now + markMs;
    state.collection = { run, attempt, phase: 'Marking', touched: false, remaining: 0, counts };
  } else if (collection.phase === 'Marking' && now >= replica.markedAt) {
    state.collection = { ...collection, phase: 'Marked', remaining: registry.left };
  }
}
