import { cp, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectionOptions } from '../../../registry-image/src/config/index.ts';
import { eventually } from '../../support/eventually.ts';
import { createRandom } from '../random.ts';
import { type Clients, startClients } from './clients.ts';
import { judgePulls, judgeStoppedStore } from './judgement.ts';
import { type Entry, hitFile, type KillOrder, logFile, orderFile } from './kill-order.ts';
import { type MaintainedRegistry, startMaintainedRegistry } from './maintained-registry.ts';
import { operate, windowTimeout } from './operated-run.ts';
import type { Point, Way } from './points.ts';
import { createPushedTags } from './pushed-tags.ts';
import { createStepKiller } from './step-killer.ts';
import type { StoreTemplate } from './store-template.ts';

export interface Played {
  /** What is wrong, a sentence each. */
  readonly problems: readonly string[];
  readonly hit: boolean;
  /** How the disturbed run ended. */
  readonly ended: string;
  /** What the operator told of its attempts that failed. */
  readonly warnings: readonly string[];
  readonly pushes: number;
  readonly pulls: number;
  readonly refused: number;
  /** Milliseconds of the longest push, the lost connections and the window in it. */
  readonly longestPush: number;
  /** Milliseconds for which writes were held at the longest, as the state endpoint shows it. */
  readonly longestHold: number;
  /** Calls of each process that was counted, in the order in which it made them. */
  readonly calls: readonly RecordedProcess[];
}

export interface RecordedProcess {
  readonly entry: Entry;
  readonly ordinal: number;
  readonly calls: readonly string[];
}

/** Milliseconds by which each change of the collector is held up where its steps are to be seen. */
const slowness = 15;
/** Milliseconds in which writes and pulls must be back after a run, beside the window; the machine may be busy. */
const patience = 60_000;
const hour = 3_600_000;

/**
 * One run on a copy of the store, beside a client that pushes and one that pulls; disturbed by one kill, or recorded without any. Then an
 * undisturbed one that keeps nothing dead, and a look at everything.
 */
export async function play(options: {
  point: Point | { kind: 'record'; way: Way };
  template: StoreTemplate;
  seed: number;
  /** The registry's program. */
  main: string;
}): Promise<Played> {
  const { point, template, main } = options;
  const root = await mkdtemp(join(tmpdir(), 'wharfinger-killed-'));
  await cp(template.directory, root, { recursive: true, preserveTimestamps: true });
  const registry = await startMaintainedRegistry({
    root,
    main,
    ...(point.kind === 'step' && { slowness }),
  });
  const tags = createPushedTags(template.tags);
  const port = (): number => registry.process.port;
  const clients = startClients({ port, template, tags, random: createRandom(options.seed) });
  const problems: string[] = [];
  try {
    await progress(clients);
    const disturbed = await disturb(registry, point);
    problems.push(...disturbed.problems);
    problems.push(...(await writesAreBack(registry, clients)));
    await clients.stop();
    problems.push(...clients.problems);
    if (clients.longestPush > windowTimeout + patience) {
      problems.push(`a push took ${(clients.longestPush / 1000).toFixed(1)} s`);
    }
    problems.push(...(await judgePulls(port(), tags.all)).problems.map((line) => `after the run: ${line}`));
    problems.push(...(await lastRun(registry, point.way)));
    const { problems: missing, alive } = await judgePulls(port(), tags.all);
    problems.push(...missing.map((line) => `after the last run: ${line}`));
    problems.push(...(await registry.stop()));
    const config = join(registry.process.directory, 'config.yml');
    problems.push(
      ...(await judgeStoppedStore({
        root,
        config,
        alive: [...alive, template.signature],
        either: [template.deadSignature],
        main,
      })),
    );
    const { pushes, pulls, refused, longestPush } = clients;
    return { ...disturbed, problems, pushes, pulls, refused, longestPush };
  } catch (error) {
    throw new Error(`${String(error)}\n${registry.process.output().slice(-4000)}`, { cause: error });
  } finally {
    await clients.stop();
    await registry.dispose();
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function disturb(
  registry: MaintainedRegistry,
  point: Parameters<typeof play>[0]['point'],
): Promise<Pick<Played, 'problems' | 'hit' | 'ended' | 'longestHold' | 'warnings' | 'calls'>> {
  const { orders } = registry;
  const killer = point.kind === 'step' ? createStepKiller(registry, point) : undefined;
  if (point.kind !== 'step') await arm(orders, point.kind === 'call' ? point : { entry: 'collector' });
  const solo = point.way === 'solo';
  const options = CollectionOptions.parse({ deleteUntagged: true, undoFor: solo ? hour : 0 });
  try {
    const { run, problems, longestHold, warnings } = await operate({
      registry,
      uid: 'disturbed',
      options,
      solo,
      onSight: (state) => killer?.see(state),
    });
    const { phase, failure } = run.status;
    // A worker may come to its call only now.
    if (point.kind === 'call' && point.entry === 'worker') await isHit(orders, 2_000);
    return {
      problems,
      longestHold,
      hit: killer ? killer.hit : await isHit(orders, 0),
      ended: failure ? `${phase} (${failure.reason})` : phase,
      warnings,
      calls: point.kind === 'record' ? await recorded(orders) : [],
    };
  } finally {
    killer?.end();
    await rm(join(orders, orderFile), { force: true });
  }
}

async function arm(orders: string, { entry, ordinal, call, when }: KillOrder): Promise<void> {
  const order: KillOrder = { entry, ordinal, call, when };
  await writeFile(join(orders, 'next.json'), JSON.stringify(order));
  await rename(join(orders, 'next.json'), join(orders, orderFile));
}

async function isHit(orders: string, limit: number): Promise<boolean> {
  const look = (): Promise<boolean> =>
    stat(join(orders, hitFile)).then(
      () => true,
      () => false,
    );
  if (limit > 0) await eventually('the kill', look, { timeoutMs: limit, everyMs: 20 }).catch(() => {});
  return look();
}

async function recorded(orders: string): Promise<RecordedProcess[]> {
  const found: RecordedProcess[] = [];
  for (const entry of ['collector', 'worker'] as const) {
    for (let ordinal = 1; ; ordinal++) {
      const text = await readFile(join(orders, logFile(entry, ordinal)), 'utf8').catch(() => undefined);
      if (text === undefined) break;
      found.push({ entry, ordinal, calls: text.trimEnd().split('\n') });
    }
  }
  return found;
}

/** Waits until pushes are acknowledged. */
async function progress(clients: Clients, timeoutMs = patience): Promise<void> {
  const before = clients.pushes;
  const done = (): boolean => clients.pushes > before + 1 || clients.problems.length > 0;
  await eventually('a push', () => Promise.resolve(done()), { timeoutMs, everyMs: 20 });
}

async function writesAreBack(registry: MaintainedRegistry, clients: Clients): Promise<string[]> {
  try {
    await progress(clients, windowTimeout + patience);
    const isOpen = async (): Promise<boolean> => (await registry.state())?.writes === 'open';
    await eventually('writes', isOpen, { timeoutMs: patience, everyMs: 20 });
    return [];
  } catch (error) {
    return [`writes are not back after the run: ${String(error)}`];
  }
}

/** Undisturbed, without leases, beside nobody. */
async function lastRun(registry: MaintainedRegistry, way: Way): Promise<string[]> {
  const options = CollectionOptions.parse({ deleteUntagged: true, minAge: 0 });
  const { run, problems, warnings } = await operate({ registry, uid: 'last', options, solo: way === 'solo' });
  if (run.status.phase === 'Succeeded') return [...problems];
  return [...problems, `the last run ${run.status.phase}: ${warnings.join(' ')}`];
}
