import * as fc from 'fast-check';
import { play } from './play.ts';
import { type Scenario, scenarios } from './scenario.ts';
import type { Subject } from './subject.ts';

export interface ScheduleOptions {
  readonly seed: number;
  readonly schedules: number;
  /** Of a failure that was told: repeats it. */
  readonly path?: string;
  /** True: the first failure is told as it was found, not made smaller. */
  readonly first?: boolean;
}

export interface Tried {
  readonly schedules: number;
  readonly steps: number;
  /** Pushes that were acknowledged. */
  readonly pushes: number;
  /** What was put back from the trash. */
  readonly restored: number;
  /** Milliseconds of the processor. */
  readonly milliseconds: number;
  /** A schedule that went wrong, with what repeats it. */
  readonly failure: string | undefined;
}

/** Plays random schedules until one goes wrong. */
export async function trySchedules(
  { seed, schedules, path, first = false }: ScheduleOptions,
  subject: Subject,
): Promise<Tried> {
  const sum = { schedules: 0, steps: 0, pushes: 0, restored: 0 };
  const begun = process.threadCpuUsage();
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const { problems, steps, pushes, restored } = await play(scenario, subject);
    sum.schedules++;
    sum.steps += steps;
    sum.pushes += pushes;
    sum.restored += restored;
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });
  const result = await fc.check(property, { seed, path, numRuns: schedules, endOnFailure: first });
  const used = process.threadCpuUsage(begun);
  return {
    ...sum,
    // What it was made smaller with does not count.
    schedules: result.failed ? result.numRuns : sum.schedules,
    milliseconds: (used.user + used.system) / 1_000,
    failure: result.failed ? describe(result) : undefined,
  };
}

function describe(result: fc.RunDetails<[Scenario]>): string {
  const { seed, counterexamplePath, counterexample, errorInstance } = result;
  const names = (key: string, value: unknown): unknown =>
    key === 'image' ? (value as { name: string }).name : value;
  const message = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return `${message}\nseed ${seed}, path ${counterexamplePath}\n${JSON.stringify(counterexample?.[0], names)}`;
}
