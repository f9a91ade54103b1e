import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bundleRegistry } from '../../support/bundled-registry.ts';
import { createRandom } from '../random.ts';
import { play, type Played } from './play.ts';
import { callPoints, nameOf, type Point, stepPoints, ways } from './points.ts';
import { makeStoreTemplate, removeStore, type StoreTemplate } from './store-template.ts';

export interface CollectionKillsOptions {
  readonly seed: number;
  /** Points of each kind, spread over all; none: all of them. */
  readonly sample?: { readonly calls: number; readonly steps: number };
  /** Only points whose name has this. */
  readonly only?: string;
  /** Points that are played at the same time. */
  readonly width?: number;
  readonly report?: (line: string) => void;
}

export interface CollectionKills {
  /** What is wrong, with its point, a paragraph each. */
  readonly problems: readonly string[];
  readonly points: number;
  /** Kills that hit; a point is missed when the run never came to it. */
  readonly hits: number;
}

/** Calls of a worker that are points: more than it makes for all kinds of pushes. */
const workerCalls = 64;

/** Kills one process of a registry at each point of a collection, and looks whether anything is lost (play.ts). */
export async function runCollectionKills(options: CollectionKillsOptions): Promise<CollectionKills> {
  // Below this clone, where its native packages are found.
  const bundled = resolve('node_modules/.cache', `kills-${process.pid}`);
  try {
    return await killAtPoints({ ...options, main: await bundleRegistry(bundled) });
  } finally {
    await rm(bundled, { recursive: true, force: true });
  }
}

interface BundledOptions extends CollectionKillsOptions {
  /** The registry's program. */
  readonly main: string;
}

async function killAtPoints(options: BundledOptions): Promise<CollectionKills> {
  const { seed, main, width = 1, report = () => {} } = options;
  const template = await makeStoreTemplate(main);
  const problems: string[] = [];
  try {
    const points = await pointsOf(options, template, problems);
    const told: Told[] = [];
    const queue = points.entries();
    const lane = async (): Promise<void> => {
      for (const [index, point] of queue) {
        const played = await playTwice({ point, template, seed: seed + index, main });
        told.push(played);
        const found = played.problems.map((problem) => `${nameOf(point)}: ${problem}`);
        for (const problem of found) report(problem);
        problems.push(...found);
        report(`${told.length}/${points.length} ${nameOf(point)}: ${summaryOf(played)}`);
      }
    };
    await Promise.all(Array.from({ length: width }, lane));
    const hits = told.filter(({ hit }) => hit).length;
    const longest = (of: (each: Told) => number): string => inSeconds(Math.max(0, ...told.map(of)));
    const push = longest(({ longestPush }) => longestPush);
    const hold = longest(({ longestHold }) => longestHold);
    report(`${points.length} points, ${hits} kills hit; writes were held for ${hold}, a push for ${push}`);
    return { problems, points: points.length, hits };
  } finally {
    await removeStore(template.directory);
  }
}

type Told = Omit<Played, 'calls'>;

/** A step may be over before anybody has seen it: then once more. */
async function playTwice(given: Parameters<typeof play>[0]): Promise<Told> {
  try {
    const first = await play(given);
    return first.hit || first.problems.length > 0 ? first : await play(given);
  } catch (error) {
    return { ...nothing, problems: [String(error)] };
  }
}

const nothing: Told = {
  problems: [],
  hit: false,
  ended: 'nowhere',
  warnings: [],
  pushes: 0,
  pulls: 0,
  refused: 0,
  longestPush: 0,
  longestHold: 0,
};

function summaryOf({ hit, ended, warnings, pushes, pulls, refused, ...longest }: Told): string {
  const attempts = warnings.length > 0 ? ` (${warnings.join(' ')})` : '';
  const clients = `${pushes} pushes, ${refused} refused, ${pulls} pulls`;
  const times = `held for ${inSeconds(longest.longestHold)}, a push for ${inSeconds(longest.longestPush)}`;
  return `${hit ? 'hit' : 'missed'}, ${ended}${attempts}; ${clients}; ${times}`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Records a run of each way, and makes points of its calls and its steps. */
async function pointsOf(
  { seed, sample, only, main, report = () => {} }: BundledOptions,
  template: StoreTemplate,
  problems: string[],
): Promise<Point[]> {
  const calls: Point[] = [];
  for (const way of ways) {
    const recorded = await play({ point: { kind: 'record', way }, template, seed, main });
    problems.push(...recorded.problems.map((problem) => `${way}, undisturbed: ${problem}`));
    if (recorded.ended !== 'Succeeded') problems.push(`${way}, undisturbed: ${recorded.ended}`);
    const busiest = recorded.calls
      .filter(({ entry }) => entry === 'worker')
      .sort((one, other) => other.calls.length - one.calls.length)
      .slice(0, 1)
      .map((worker) => ({ ...worker, ordinal: 1, calls: worker.calls.slice(0, workerCalls) }));
    const collectors = recorded.calls.filter(({ entry }) => entry === 'collector');
    const processes = [...collectors, ...busiest];
    const lengths = processes.map((each) => `${each.entry} ${each.calls.length}`).join(', ');
    report(`${way}: ${recorded.ended}, ${recorded.pushes} pushes; calls: ${lengths}`);
    calls.push(...processes.flatMap((each) => callPoints(way, each)));
  }
  const all = stepPoints();
  const random = createRandom(seed);
  const chosen = sample
    ? [...spread(all, sample.steps, random.next()), ...spread(calls, sample.calls, random.next())]
    : [...all, ...calls];
  report(`${all.length} points at steps, ${calls.length} at calls`);
  return chosen.filter((point) => nameOf(point).includes(only ?? ''));
}

/** So many, at the same distance of each other. @param offset of the first, in [0, 1) of that distance */
function spread<T>(items: readonly T[], count: number, offset: number): T[] {
  const distance = items.length / count;
  if (distance <= 1) return [...items];
  const places = Array.from({ length: count }, (_, index) => Math.floor((index + offset) * distance));
  return places.flatMap((place) => items.slice(place, place + 1));
}
