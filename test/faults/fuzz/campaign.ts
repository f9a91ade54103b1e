import * as fc from 'fast-check';
import type { RegistryProcess } from '../registry-process.ts';
import { danglingLinks, walkStore, wrongBlobs } from '../store-walk.ts';
import { createCoverage, type Coverage } from './coverage.ts';
import { descriptorsOf, settledDescriptors } from './descriptors.ts';
import { askUnhealthy, flood } from './special.ts';
import { type Lanes, startLanes } from './lanes.ts';
import { play } from './player.ts';
import { sequence } from './sequence.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** The campaign ends when at least as many requests have been sent. */
  readonly requests: number;
  /** Sequences at a time. */
  readonly concurrency: number;
  /** Only the ways with these names (lanes.ts), to look closer at one of them; coverage is not complete then. */
  readonly lanes?: readonly string[];
  readonly report?: (line: string) => void;
}

export interface FuzzResult {
  readonly coverage: Coverage;
  /** What must not have happened, a paragraph each. */
  readonly problems: readonly string[];
}

/** Sequences of one call of fast-check, which has one seed. */
const batchSize = 25;
const reportInterval = 30_000;

/**
 * Plays random sequences of requests against real registries, many at a time, until the first that brings about what
 * must not be; that one is shrunk alone, against new registries. Then it looks at processes, logs and stores.
 */
export async function runFuzzCampaign(options: FuzzOptions): Promise<FuzzResult> {
  const report = options.report ?? ((): void => {});
  const coverage = createCoverage();
  const lanes = await startLanes(options.lanes);
  try {
    const before = await warmUp(lanes, coverage);
    const ticker = setInterval(() => report(coverage.summary()), reportInterval);
    const failure = await playAll(lanes, options, coverage).finally(() => clearInterval(ticker));
    report(coverage.summary());
    const problems = failure ? [describe(failure), await shrink(failure, options)] : [];
    problems.push(...(await changedProcesses(lanes.registries, before)));
    problems.push(...(await settledDescriptors(before)));
    for (const registry of lanes.registries) problems.push(...(await judgeRegistry(registry)));
    return { coverage, problems };
  } finally {
    await lanes.stop();
  }
}

interface Failure {
  readonly details: fc.RunDetails<[Sequence]>;
}
type Sequence = typeof sequence extends fc.Arbitrary<infer T> ? T : never;

let names = 0;

function propertyOn({ lanes }: Lanes, coverage: Coverage): fc.IAsyncProperty<[Sequence]> {
  return fc.asyncProperty(sequence, async ({ lane: number, moves }) => {
    const lane = lanes[number % lanes.length];
    if (!lane) throw new Error('there is no lane');
    await play(moves, { lane, coverage, name: `s${(names += 1)}` });
  });
}

/** Descriptors of all processes, once each has loaded what it loads at its first requests. */
async function warmUp(lanes: Lanes, coverage: Coverage): Promise<Map<number, string[]>> {
  await fc.check(propertyOn(lanes, coverage), { seed: 1, numRuns: 20, endOnFailure: true });
  const before = new Map<number, string[]>();
  for (const registry of lanes.registries) {
    for (const pid of [registry.pid, ...(await registry.workers())]) before.set(pid, []);
  }
  // Until the connections of the warm-up have ended.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  for (const pid of before.keys()) before.set(pid, await descriptorsOf(pid));
  return before;
}

async function playAll(lanes: Lanes, options: FuzzOptions, coverage: Coverage): Promise<Failure | undefined> {
  let seed = options.seed;
  let failure: Failure | undefined;

  async function player(): Promise<void> {
    while (!failure && coverage.requests < options.requests) {
      const details = await fc.check(propertyOn(lanes, coverage), {
        seed: (seed += 1),
        numRuns: batchSize,
        endOnFailure: true,
      });
      if (details.failed) failure ??= { details };
    }
  }

  async function special(): Promise<void> {
    if (!options.lanes) await askUnhealthy(coverage);
    const lane = lanes.lanes.find(({ name }) => name === 'tls');
    if (lane) for (const round of [1, 2]) await flood(lane, coverage, round);
  }

  await Promise.all([special(), ...Array.from({ length: options.concurrency }, player)]);
  return failure;
}

function describe({ details }: Failure): string {
  const { seed, counterexamplePath, counterexample, errorInstance } = details;
  return (
    `fast-check seed ${seed}, path ${counterexamplePath}: ${String(errorInstance)}\n` +
    `the sequence: ${JSON.stringify(counterexample)}`
  );
}

/** Plays a failing sequence again, alone, and makes it as short as possible. */
async function shrink({ details }: Failure, options: FuzzOptions): Promise<string> {
  const lanes = await startLanes(options.lanes);
  try {
    const { seed, counterexamplePath } = details;
    const again = await fc.check(propertyOn(lanes, createCoverage()), {
      seed,
      path: counterexamplePath ?? '',
      numRuns: batchSize,
      interruptAfterTimeLimit: 120_000,
    });
    if (!again.failed || !again.counterexample) return 'alone, the sequence does not fail';
    return `shrunk: ${String(again.errorInstance)}\n${JSON.stringify(again.counterexample)}`;
  } finally {
    await lanes.stop();
  }
}

async function changedProcesses(
  registries: readonly RegistryProcess[],
  before: ReadonlyMap<number, unknown>,
): Promise<string[]> {
  const now: number[] = [];
  for (const registry of registries) now.push(registry.pid, ...(await registry.workers()));
  if (now.join() === [...before.keys()].join()) return [];
  return [`the processes were ${[...before.keys()].join(', ')} and are ${now.join(', ')}`];
}

async function judgeRegistry(registry: RegistryProcess): Promise<string[]> {
  const code = await registry.stop();
  const problems = code === 0 ? [] : [`the registry ended with ${code}`];
  // What is no line of the log comes from Node itself: an exception that nobody caught.
  const errors = registry
    .output()
    .split('\n')
    .filter((line) => line !== '' && (!line.startsWith('time=') || /level=(error|fatal)/.test(line)));
  if (errors.length > 0) problems.push(`the log has errors:\n${errors.slice(0, 12).join('\n')}`);
  const content = await walkStore(registry.root);
  problems.push(
    ...(await wrongBlobs(content)).map((file) => `${file} has another content than its name says`),
  );
  problems.push(...danglingLinks(content).map((link) => `the link ${link} has no data`));
  problems.push(...content.strange.map((file) => `${file} is no file of the layout`));
  return problems;
}
