import { readFileSync } from 'node:fs';
import type { RegistryState } from '../../../registry-image/src/config/index.ts';
import type { MaintainedRegistry } from './maintained-registry.ts';
import { type StepPoint, steps, type Victim } from './points.ts';

/** Kills one process when a run comes to a step. */
export interface StepKiller {
  readonly hit: boolean;
  see(state: RegistryState): Promise<void>;
  /** Lets whatever was held up go on. */
  end(): void;
}

/** Steps that are over at once unless a worker is held up, from what is seen before; and which worker that is. */
const heldUp: Partial<
  Record<StepPoint['step'], { from: StepPoint['step']; worker: 'serving' | 'starting' }>
> = {
  pausing: { from: 'Marked', worker: 'serving' },
  restarting: { from: 'paused', worker: 'starting' },
};

export function createStepKiller(registry: MaintainedRegistry, { step, victim }: StepPoint): StepKiller {
  let hit = false;
  let stopped: number | undefined;

  /** Stops the last worker of those, so that the first is left to be killed. */
  function holdUp(state: RegistryState): void {
    const held = heldUp[step];
    if (!held || stopped !== undefined || !state.collection) return;
    if (!steps[held.from](state, state.collection)) return;
    stopped = state.workers.filter(({ phase }) => phase === held.worker).at(-1)?.pid;
    if (stopped !== undefined) signal(stopped, 'SIGSTOP');
  }

  function end(): void {
    if (stopped !== undefined) signal(stopped, 'SIGCONT');
    stopped = undefined;
  }

  return {
    get hit() {
      return hit;
    },
    async see(state) {
      if (hit || !state.collection) return;
      holdUp(state);
      if (!steps[step](state, state.collection)) return;
      const pid = await pidOf(registry, state, victim);
      if (pid === undefined) return;
      hit = signal(pid, 'SIGKILL');
      end();
    },
    end,
  };
}

async function pidOf(
  registry: MaintainedRegistry,
  state: RegistryState,
  victim: Victim,
): Promise<number | undefined> {
  if (victim === 'supervisor') return registry.process.pid;
  if (victim === 'collector') return (await registry.process.workers()).find(isCollector);
  const phase = victim === 'standby' ? 'starting' : 'serving';
  const workers = state.workers.filter((worker) => worker.phase === phase);
  return workers[victim === 'second worker' ? 1 : 0]?.pid;
}

function isCollector(pid: number): boolean {
  try {
    return /\/collector\.[a-z]+\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

/** False when there is no such process any more. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
