import { type CollectionMaintenance, CollectionOptions, maintenanceHash } from '../config/maintenance.ts';
import type { RegistryState } from '../config/state.ts';
import type { RegistryUnderTest } from './registry-under-test.ts';

/** Leads a run on one registry as the operator does, step by step. */
export interface RunUnderTest {
  /** Writes what `collection.json` says at a step, and resolves when the supervisor has seen it. */
  order(step: Step): Promise<RegistryState>;
  /** Resolves when the collector is through with what was ordered; a failure is one of its ends. */
  ended(): Promise<RegistryState>;
  /** The whole run: mark, one window with a restart, second mark. Throws when a step of it fails. */
  whole(): Promise<RegistryState>;
}

export type Step = 'mark' | 'window' | 'sweep' | 'restart' | 'open' | 'confirm' | 'over';

export interface RunOptions {
  readonly run: string;
  readonly attempt?: number;
  readonly options?: Partial<CollectionOptions>;
  /** Milliseconds of the window. */
  readonly window?: number;
  readonly budget?: number;
}

/** Milliseconds for any step, on a busy machine. */
const patience = 30_000;
const ends = new Set(['Marked', 'Swept', 'Confirmed', 'Failed']);

export function createRun(registry: RegistryUnderTest, given: RunOptions): RunUnderTest {
  const { run, attempt = 1, window: length = 20_000, budget = 5_000 } = given;
  const options = CollectionOptions.parse({ minAge: 0, deleteUntagged: true, ...given.options });
  const job = { pod: 'pod-0', options };
  const nonce = `${run}-${attempt}`;
  let deadline = '';

  function documentOf(step: Step): CollectionMaintenance {
    const base = { run, attempt };
    if (step === 'window') deadline = new Date(Date.now() + length).toISOString();
    const closed = { ...base, mark: job, window: { deadline } };
    const documents: Record<Step, CollectionMaintenance> = {
      mark: { ...base, mark: job },
      window: closed,
      sweep: { ...closed, collect: { ...job, budget } },
      restart: { ...closed, restart: nonce },
      open: { ...base, restart: nonce },
      confirm: { ...base, restart: nonce, confirm: job },
      over: base,
    };
    return documents[step];
  }

  function order(step: Step): Promise<RegistryState> {
    const text = JSON.stringify(documentOf(step));
    registry.mount('maintenance', { 'collection.json': text });
    return registry.stateUntil(({ observed }) => observed.collection === maintenanceHash(text), patience);
  }

  function ended(): Promise<RegistryState> {
    return registry.stateUntil(
      ({ collection }) => collection?.run === run && ends.has(collection.phase),
      patience,
    );
  }

  async function must(phase: string): Promise<RegistryState> {
    const state = await ended();
    const { collection } = state;
    if (collection?.phase !== phase) throw new Error(`${collection?.phase}: ${collection?.message}`);
    return state;
  }

  async function whole(): Promise<RegistryState> {
    await order('mark');
    await must('Marked');
    await order('window');
    await registry.stateUntil(({ writes }) => writes === 'paused', patience);
    await order('sweep');
    await must('Swept');
    await order('restart');
    await registry.stateUntil(({ restart }) => restart?.nonce === nonce && restart.done, patience);
    await order('open');
    await registry.stateUntil(({ writes }) => writes === 'open', patience);
    await order('confirm');
    return must('Confirmed');
  }

  return { order, ended, whole };
}
