import { setTimeout as sleep } from 'node:timers/promises';
import { createNamespace, get } from '../../support/kubernetes.ts';
import { operatorRequests, tallied } from '../../support/operator-requests.ts';
import { processesOfPod } from '../../support/processes.ts';
import { createManyRegistries, deleteMany, type ManyRegistries, nameOf, range } from './many-registries.ts';
import { restartOperators, watchOperator } from './operator-watch.ts';

export interface ScaleOptions {
  readonly namespace: string;
  /** Registries without replicas at the end of each step, the fewest first. */
  readonly steps: readonly number[];
  /** Registries with one replica that join them then. */
  readonly live: number;
  /** Milliseconds of rest for which requests are counted. */
  readonly rest: number;
  readonly report?: (line: string) => void;
}

/** How much more than in the first step each Registry may cost in the last. */
const mostGrowth = 1.5;
const mostBytes = 200e6;
const mostRequests = 6;
/** Milliseconds in which a Registry takes up a change, whatever becomes of others. */
const mostDelay = 3000;

/** Lets one operator have more and more Registries, and tells where it is too large, too slow or too busy. */
export async function runScaleCampaign(options: ScaleOptions): Promise<string[]> {
  const { namespace, steps, live, rest, report = () => {} } = options;
  const problems: string[] = [];
  await createNamespace(namespace);
  await restartOperators();
  const many = createManyRegistries(namespace);
  let watch = await watchOperator();
  const demand = async (what: string): Promise<void> => {
    const bytes = await watch.most();
    report(`${what}: the operator had ${(bytes / 1e6).toFixed(0)} MB at most`);
    if (bytes > mostBytes) problems.push(`${what}: the operator had ${bytes} bytes`);
  };
  try {
    const costs = await grow({ many, steps, report, demand });
    const [first = 0] = costs;
    for (const cost of costs) {
      if (cost > first * mostGrowth) problems.push(`a Registry cost ${cost} ms, and ${first} ms at first`);
    }
    const empty = steps.at(-1) ?? 0;
    const alive = range(empty, empty + live);
    await many.apply(alive, { replicas: 1 });
    const took = await many.settled(alive, 600_000);
    await demand(`${live} live ones beside ${empty}, within ${seconds(took)}`);
    problems.push(...(await calm(rest, report)));
    await demand('at rest');
    problems.push(...(await disturb({ many, alive, namespace, report })));
    watch.stop();
    problems.push(...(await startAnew({ many, count: empty + live, report })));
    watch = await watchOperator();
    await demand('after a start');
  } finally {
    watch.stop();
    await deleteMany(namespace);
  }
  return problems;
}

interface Growth {
  readonly many: ManyRegistries;
  readonly steps: readonly number[];
  readonly report: (line: string) => void;
  readonly demand: (what: string) => Promise<void>;
}

/** @returns milliseconds that each Registry of a step took */
async function grow({ many, steps, report, demand }: Growth): Promise<number[]> {
  const costs: number[] = [];
  let from = 0;
  let total = 0;
  for (const to of steps) {
    const numbers = range(from, to);
    const began = performance.now();
    await many.apply(numbers);
    await many.settled(range(0, to), 900_000);
    const took = performance.now() - began;
    total += took;
    costs.push(took / numbers.length);
    report(
      `${to} Registries: ${numbers.length} more within ${seconds(took)}, ${(took / numbers.length).toFixed(0)} ms each; all of them ${seconds(total)}`,
    );
    await demand(`${to} Registries`);
    from = to;
  }
  return costs;
}

async function calm(rest: number, report: (line: string) => void): Promise<string[]> {
  await sleep(30_000);
  const since = new Date().toISOString();
  await sleep(rest);
  const requests = await operatorRequests(since);
  const each = requests.length / (rest / 60_000);
  report(`at rest ${each.toFixed(1)} requests a minute: ${tallied(requests).slice(0, 12).join(', ')}`);
  return each <= mostRequests
    ? []
    : [`at rest it sent ${each} requests a minute: ${tallied(requests).join(', ')}`];
}

interface Disturbance {
  readonly many: ManyRegistries;
  readonly alive: readonly number[];
  readonly namespace: string;
  readonly report: (line: string) => void;
}

/** Breaks Registries in all the ways that keep an operator busy, and looks how long others wait. */
async function disturb({ many, alive, namespace, report }: Disturbance): Promise<string[]> {
  const others = range(100, 120);
  const [frozen = 0, blocked = 0, ...running] = alive;
  const annotated = (value: string): Record<string, unknown> => ({
    service: { annotations: { 'scale.example/round': value } },
  });
  const delays = async (round: string): Promise<number[]> => {
    const each: number[] = [];
    for (const number of others) {
      const began = performance.now();
      await many.apply([number], annotated(round));
      await many.settled([number], 60_000);
      each.push(performance.now() - began);
    }
    return each.sort((a, b) => a - b);
  };
  const before = await delays('before');
  const { uid } = (await get('pod', namespace, `${nameOf(frozen)}-0`)).metadata;
  const stopped = await processesOfPod(uid);
  for (const { pid } of stopped) process.kill(pid, 'SIGSTOP');
  try {
    // It has to ask the pod that does not answer, again and again.
    await many.apply([frozen], { replicas: 1, readOnly: true });
    await many.apply([blocked], { replicas: 1, image: '127.0.0.1:1/none:1' });
    await many.apply(range(90, 95), { tls: { secretName: 'no-such-secret' } });
    await many.apply(range(95, 100), { affinity: { nodeAffinity: 5 } });
    await sleep(5000);
    const during = await delays('during');
    const [usual, late] = [before, during].map((list) => list.at(-1) ?? 0);
    report(
      `a change is taken up within ${seconds(usual ?? 0)}; beside broken ones, within ${seconds(late ?? 0)} (median ${seconds(during[during.length >> 1] ?? 0)})`,
    );
    return (late ?? 0) <= Math.max(mostDelay, 2 * (usual ?? 0))
      ? []
      : [`beside broken Registries others waited ${late} ms`];
  } finally {
    for (const { pid } of stopped) process.kill(pid, 'SIGCONT');
    await many.apply([frozen, blocked, ...running], { replicas: 1 });
    await many.apply(range(90, 100));
  }
}

/** An operator that starts looks at all of them, and finds that there is nothing to write. */
async function startAnew({
  many,
  count,
  report,
}: {
  many: ManyRegistries;
  count: number;
  report: (line: string) => void;
}): Promise<string[]> {
  await many.settled(range(0, count), 300_000);
  const since = new Date().toISOString();
  await restartOperators();
  // Its first pass over all of them.
  await sleep(60_000);
  const requests = await operatorRequests(since);
  const writes = requests.filter(({ verb }) => ['create', 'patch', 'update', 'delete'].includes(verb));
  report(
    `an operator that starts sent ${requests.length} requests, ${writes.length} of them writes: ${tallied(requests).slice(0, 6).join(', ')}`,
  );
  return writes.length <= count / 50
    ? []
    : [`an operator that starts wrote ${writes.length} times: ${tallied(writes).slice(0, 10).join(', ')}`];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
