import { setTimeout as sleep } from 'node:timers/promises';
import { kubectl } from '../../support/kubernetes.ts';
import { isWrite, operatorRequests, tallied } from '../../support/operator-requests.ts';
import {
  copyOf,
  createNamespaces,
  deleteNamespaces,
  deleteRegistry,
  registryName,
  releaseImage,
} from './copies.ts';
import { type ClusterFixtures, createClusterFixtures } from './cluster-fixtures.ts';
import { createFixtures, fill } from './fixtures.ts';
import { createFreshCopies, type FreshCopies } from './fresh-copies.ts';
import { createLifeCluster, type LifeCluster, writtenKinds } from './life-cluster.ts';
import { planLife, type Step, tallyLeaves } from './life-plan.ts';
import { differences, type Likeness } from './likeness.ts';
import { registrySpecSchema } from './spec-schema.ts';
import type { Spec } from './spec-values.ts';

export interface LifeOptions {
  /** Namespaces begin with it. */
  readonly base: string;
  readonly seed: number;
  readonly changes: number;
  /** Milliseconds at the end in which nothing may be written. */
  readonly quiet: number;
  readonly report?: (line: string) => void;
}

export interface Life {
  readonly problems: readonly string[];
  /** How often each leaf was changed by a good spec, and by a bad one. */
  readonly leaves: readonly { readonly path: string; readonly good: number; readonly bad: number }[];
  /** Steps by kind. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** More show that something is broken for good. */
const mostProblems = 12;
/** Milliseconds in which what happened last is told: an Event that came again is written once in 30 s. */
const echoMs = 35_000;
const endOverlap = 'wharfinger.dev/end-ca-overlap';
const rotateCa = 'wharfinger.dev/rotate-ca';

/** Leads a Registry through changes of its spec; after each it must be like one that was made with that spec. */
export async function runLifeCampaign(options: LifeOptions): Promise<Life> {
  const { base, seed, changes, quiet, report = () => {} } = options;
  const schema = registrySpecSchema();
  const steps = planLife({ schema, seed, changes });
  const [lived, ...others] = [copyOf(base, 0), copyOf(base, 1), copyOf(base, 2)] as const;
  const problems: string[] = [];
  const done: Step[] = [];
  const fixtures = await createFixtures();
  let common: ClusterFixtures | undefined;
  try {
    common = await createClusterFixtures(fixtures);
    for (const copy of [lived, ...others]) {
      await createNamespaces(copy);
      await fill(copy, fixtures);
    }
    const cluster = createLifeCluster({ image: await releaseImage(), kinds: await writtenKinds() });
    const fresh = createFreshCopies(cluster, others);
    const life = createLife({ cluster, lived, fresh });
    for (const [index, step] of steps.entries()) {
      const problem = await problemOf(() => life.take(step, index));
      if (problem === undefined) done.push(step);
      else problems.push(`change ${index} (${step.kind}: ${step.leaves.join(', ')}): ${problem}`);
      if (problem !== undefined) report(`${problems.at(-1)}\n    ${JSON.stringify(step.spec)}`);
      if (index % 10 === 9) report(`${index + 1} of ${steps.length}; ${problems.length} problems`);
      if (problems.length >= mostProblems) break;
    }
    problems.push(...(await fresh.end()), ...(await writesWithin(quiet, report)));
  } finally {
    for (const copy of [lived, ...others]) await deleteNamespaces(copy);
    await common?.remove();
  }
  const kinds = Object.groupBy(done, ({ kind }) => kind);
  return {
    problems,
    leaves: tallyLeaves(done, schema),
    kinds: Object.fromEntries(Object.entries(kinds).map(([kind, list]) => [kind, list.length])),
  };
}

async function problemOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface LifeParts {
  readonly cluster: LifeCluster;
  readonly lived: ReturnType<typeof copyOf>;
  readonly fresh: FreshCopies;
}

function createLife({ cluster, lived, fresh }: LifeParts): {
  take(step: Step, index: number): Promise<void>;
} {
  let good: Spec = {};
  let rotation = 'none';
  let before: Likeness = new Map();

  async function apply(spec: Spec): Promise<void> {
    const { status, stderr } = await cluster.apply(lived, spec, { [rotateCa]: rotation });
    if (status !== 0) throw new Error(`a good spec was refused: ${stderr}`);
  }

  /** Clients are given no time to take up another CA. */
  function nudge(index: number): (seen: readonly string[]) => Promise<void> {
    let count = 0;
    return async (seen) => {
      if (!seen.some((line) => line.includes(`${registryName}-ca`))) return;
      const value = `${endOverlap}=${index}-${++count}`;
      await kubectl(['annotate', 'registry', registryName, '-n', lived.namespace, '--overwrite', value]);
    };
  }

  async function change(spec: Spec, index: number): Promise<void> {
    // Most of what is said of a CA counts when one is made; its name is that of the first hostname.
    const ofCa = ({ tls, hostname }: Spec): string => JSON.stringify([tls, hostname]);
    if (ofCa(spec) !== ofCa(good)) rotation = String(index);
    const copy = await fresh.make(spec);
    try {
      await apply(spec);
      good = spec;
      await Promise.all([cluster.settled(lived), cluster.settled(copy)]);
      before = await cluster.alike(lived, copy, nudge(index));
    } catch (error) {
      before = await cluster.likeness(lived);
      throw error;
    } finally {
      fresh.release(copy);
    }
  }

  async function birth(spec: Spec, index: number): Promise<void> {
    await deleteRegistry(lived);
    const left = await problemOf(() => cluster.vacant(lived));
    await change(spec, index);
    if (left !== undefined) throw new Error(left);
  }

  async function suspend(spec: Spec): Promise<void> {
    await apply(spec);
    await cluster.settled(lived);
    const after = await cluster.likeness(lived);
    // Whether the CA is taken for a former one is told by the spec, which is not taken up.
    const changed = differences(after, before).filter((line) => !/^conditions|life-ca/.test(line));
    if (changed.length > 0) throw new Error(`suspended, it changed all the same: ${changed.join('; ')}`);
  }

  async function refuse({ spec, tells = /./ }: Step): Promise<void> {
    const { generation } = (await cluster.registry(lived)).metadata;
    const { status, stderr } = await cluster.apply(lived, spec, { [rotateCa]: rotation });
    if (status === 0) throw new Error('a bad spec was not refused');
    if (!tells.test(stderr)) throw new Error(`the refusal does not tell ${tells.source}: ${stderr}`);
    await apply(good);
    const after = (await cluster.registry(lived)).metadata.generation;
    if (after !== generation) throw new Error('a refused spec changed something');
  }

  async function stall({ spec, tells = /./ }: Step): Promise<void> {
    let told: unknown;
    try {
      const { status, stderr } = await cluster.apply(lived, spec, { [rotateCa]: rotation });
      if (status !== 0) throw new Error(`it was refused: ${stderr}`);
      await cluster.stalled(lived, tells);
    } catch (error) {
      told = error;
    }
    await apply(good);
    await cluster.settled(lived);
    await cluster.alike(lived, before, nudge(0));
    if (told !== undefined) throw told;
  }

  async function take(step: Step, index: number): Promise<void> {
    if (step.kind === 'change') await change(step.spec, index);
    else if (step.kind === 'birth') await birth(step.spec, index);
    else if (step.kind === 'suspension') await suspend(step.spec);
    else if (step.kind === 'refusal') await refuse(step);
    else await stall(step);
  }

  return { take };
}

/** What the operator writes while nobody asks for anything. */
async function writesWithin(quiet: number, report: (line: string) => void): Promise<string[]> {
  if (quiet === 0) return [];
  await sleep(echoMs);
  const since = new Date().toISOString();
  await sleep(quiet);
  const requests = await operatorRequests(since);
  report(
    `${requests.length} requests in ${quiet / 1000} s at rest: ${tallied(requests).slice(0, 8).join(', ')}`,
  );
  return tallied(requests.filter(isWrite)).map((line) => `at rest it wrote: ${line}`);
}
