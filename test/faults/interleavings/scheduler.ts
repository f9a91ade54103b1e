import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from '../random.ts';

/** Something that can be killed: a worker, a collector, a client. What it has asked of the storage is then never answered. */
export interface Process {
  readonly name: string;
  alive: boolean;
  /** Milliseconds by which its clock is ahead. */
  readonly clock: number;
}

/** One line of work of a process, which goes on whenever the scheduler lets it. */
export interface Actor {
  readonly name: string;
  readonly process: Process;
}

interface Waiting {
  readonly actor: Actor;
  /** How often it is chosen beside the others. */
  pace: number;
  readonly turns: (() => void)[];
}

interface Timer {
  readonly actor: Actor | undefined;
  readonly fire: () => void;
}

/** Lets one waiting step of one actor happen at a time, in an order that the seed decides. Time is what it says. */
export interface Scheduler {
  /** Steps so far. */
  readonly steps: number;
  /** Timers that have fired. */
  readonly timersFired: number;
  /** The clock of whoever asks, in milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that do not depend on whose clock it is. */
  monotonic(): number;
  /** Resolves when it is the asking actor's turn; never, once its process is dead. */
  turn(): Promise<void>;
  /** Waits for so many turns. */
  turns(count: number): Promise<void>;
  /** Does `work` as this actor. */
  as<T>(actor: Actor, work: () => T): T;
  setTimer(fire: () => void): number;
  clearTimer(id: number): void;
  /** @param lingers what it has asked of the storage already happens all the same, some time */
  kill(process: Process, lingers?: boolean): void;
  /** Runs until nobody waits any more; false when it took too many steps. */
  run(): Promise<boolean>;
}

export interface SchedulerOptions {
  readonly random: Random;
  /** Milliseconds that a step takes. */
  readonly tick: number;
  /** The probability of going on with the same actor. */
  readonly stickiness: number;
  /** The probability, at each step, that a timer fires. */
  readonly impatience: number;
}

const paces = [0.01, 0.1, 1, 1, 1, 4] as const;
/** No schedule takes more. */
export const mostSteps = 30_000;
/** When every schedule begins. */
export const beginning = Date.UTC(2026, 0, 2);

export const current = new AsyncLocalStorage<Actor>();

export function createScheduler({ random, tick, stickiness, impatience }: SchedulerOptions): Scheduler {
  let ready: Waiting[] = [];
  const byActor = new Map<Actor, Waiting>();
  const timers = new Map<number, Timer>();
  let timerIds = 0;
  let steps = 0;
  let timersFired = 0;
  let last: Waiting | undefined;

  function waitingOf(actor: Actor): Waiting {
    let found = byActor.get(actor);
    if (!found) {
      found = { actor, pace: random.pick(paces), turns: [] };
      byActor.set(actor, found);
    }
    return found;
  }

  function turn(): Promise<void> {
    const actor = current.getStore();
    if (!actor) throw new Error('only an actor can wait for its turn');
    if (!actor.process.alive) return new Promise(() => {});
    const waiting = waitingOf(actor);
    if (waiting.turns.length === 0) ready.push(waiting);
    return new Promise((resolve) => void waiting.turns.push(resolve));
  }

  function choose(): Waiting {
    if (last && last.turns.length > 0 && random.chance(stickiness)) return last;
    if (random.chance(0.03)) {
      const any = ready[random.below(ready.length)];
      if (any) any.pace = random.pick(paces);
    }
    let left = random.next() * ready.reduce((sum, { pace }) => sum + pace, 0);
    return ready.find(({ pace }) => (left -= pace) < 0) ?? (ready.at(-1) as Waiting);
  }

  function takeTurn(): void {
    const chosen = choose();
    last = chosen;
    const [resolve] = chosen.turns.splice(random.below(chosen.turns.length), 1);
    if (chosen.turns.length === 0) ready = ready.filter((other) => other !== chosen);
    resolve?.();
  }

  function fireTimer(): void {
    const ids = [...timers.keys()];
    const id = ids[random.below(ids.length)] ?? -1;
    const timer = timers.get(id);
    timers.delete(id);
    if (!timer?.actor?.process.alive) return;
    timersFired++;
    current.run(timer.actor, timer.fire);
  }

  async function run(): Promise<boolean> {
    for (let idle = 0; idle < 3;) {
      if (ready.length === 0) {
        // Streams go on by themselves for a while.
        idle++;
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      idle = 0;
      if (++steps > mostSteps) return false;
      if (timers.size > 0 && random.chance(impatience)) fireTimer();
      else takeTurn();
      await settled();
    }
    return true;
  }

  return {
    get steps() {
      return steps;
    },
    get timersFired() {
      return timersFired;
    },
    now: () => beginning + steps * tick + (current.getStore()?.process.clock ?? 0),
    monotonic: () => steps * tick,
    turn,
    async turns(count) {
      for (let left = count; left > 0; left--) await turn();
    },
    as: (actor, work) => current.run(actor, work),
    setTimer(fire) {
      timers.set(++timerIds, { actor: current.getStore(), fire });
      return timerIds;
    },
    clearTimer: (id) => void timers.delete(id),
    kill(process, lingers = false) {
      process.alive = false;
      if (lingers) return;
      for (const waiting of ready) if (waiting.actor.process === process) waiting.turns.length = 0;
      ready = ready.filter(({ turns }) => turns.length > 0);
    },
    run,
  };
}

/** Resolves when what one step set off has come as far as it can without another: every promise has been followed. */
function settled(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
