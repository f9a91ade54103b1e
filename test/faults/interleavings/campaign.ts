import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { withMutant } from './mutated-copy.ts';
import { type Mutant, mutants } from './mutants.ts';
import type { Tried } from './schedules.ts';
import type { WorkerOrder } from './schedules-worker.ts';
import { sourceDirectory } from './subject.ts';

export interface CampaignOptions {
  readonly seed: number;
  readonly schedules: number;
  readonly report: (line: string) => void;
}

/** Plays schedules in as many threads as there are processors. @returns the schedules that went wrong */
export async function runInterleavings({ seed, schedules, report }: CampaignOptions): Promise<string[]> {
  const lanes = availableParallelism();
  const tried = await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      inThread({
        directory: sourceDirectory,
        seed: (seed + lane) % 2 ** 31,
        schedules: Math.ceil(schedules / lanes),
      }),
    ),
  );
  const total = (of: (each: Tried) => number): number => tried.reduce((sum, each) => sum + of(each), 0);
  const rate = total((each) => each.schedules) / (total(({ milliseconds }) => milliseconds) / 1_000);
  report(
    `${total((each) => each.schedules)} schedules of ${total(({ steps }) => steps)} steps, ` +
      `${total(({ pushes }) => pushes)} pushes acknowledged, ${total(({ restored }) => restored)} files put back; ` +
      `${rate.toFixed(0)} schedules a second of processor time`,
  );
  return tried.flatMap(({ failure }) => failure ?? []);
}

/** Plays schedules on a copy of the code for each safeguard that is taken from it. @returns those that nothing showed */
export async function runMutants({ seed, report }: Omit<CampaignOptions, 'schedules'>): Promise<string[]> {
  const missed: string[] = [];
  const left = [...mutants];
  async function lane(): Promise<void> {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const { schedules, failure } = await tryMutant(mutant, seed);
      const [problem = ''] = failure?.split('\n') ?? [];
      report(`${mutant.name}: ${failure ? `caught after ${schedules} schedules: ${problem}` : 'not caught'}`);
      if (!failure) missed.push(`not caught within ${schedules} schedules: ${mutant.name}`);
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return missed;
}

export function tryMutant({ patches, within, name }: Mutant, seed: number): Promise<Tried> {
  return withMutant({ name, patches }, (directory) =>
    inThread({ directory, seed, schedules: within, first: true }),
  );
}

/** The clocks and timers of a schedule are those of a whole thread. */
async function inThread(order: WorkerOrder): Promise<Tried> {
  const worker = new Worker(new URL('./schedules-worker.ts', import.meta.url), { workerData: order });
  try {
    const ended = once(worker, 'exit').then(() =>
      Promise.reject(new Error('the thread ended without a result')),
    );
    const [tried] = (await Promise.race([once(worker, 'message'), ended])) as [Tried];
    return tried;
  } finally {
    await worker.terminate();
  }
}
