import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { allocatorEnvironment } from '../../../registry-image/src/supervisor/allocator.ts';
import { bundleRegistry } from '../../support/bundled-registry.ts';
import { must } from '../../support/command.ts';
import { serverCommand, type ServerKind, writeConfig } from '../../support/server.ts';
import type { Work } from '../report.ts';
import { generateStore, manyRepositories, manyTags, type StoreShape } from './generated-store.ts';

export interface CollectionsOptions {
  /** An empty folder on the file system that is to be measured. */
  readonly folder: string;
  readonly kinds: readonly ServerKind[];
  readonly rounds: number;
  /** How many times 1,000 repositories, each a store of its own. */
  readonly scales: readonly number[];
}

interface Run {
  readonly seconds: number;
  /** Peak of the resident memory, MB (10^6 bytes). */
  readonly memory: number;
  /** Names of the directories of blobs that are left, sorted. */
  readonly blobs: readonly string[];
}

interface Filling {
  readonly name: string;
  readonly figures: Map<ServerKind, number[]>;
}

/** What ours is asked for besides; with --offline it relies on what distribution relies on, that nobody pushes. */
const ways: readonly (readonly string[])[] = [[], ['--offline']];

/** Milliseconds between two looks at a process' memory; the kernel keeps its peak. */
const lookEvery = 10;

/**
 * `registry garbage-collect -m` of each registry on the same generated stores, each run on a copy of its own; ours with `--offline` as well.
 * @returns seconds and peak memory of each store
 * @throws Error when ours leaves other blobs than distribution v3 does
 */
export async function benchCollections(options: CollectionsOptions): Promise<Work[]> {
  const program = await bundleRegistry(join(options.folder, 'bundle'));
  const works: Work[] = [];
  for (const scale of options.scales) {
    const name = `GC, ${(1000 * scale).toLocaleString('en')} repositories`;
    works.push(...(await benchStore(name, manyRepositories(scale), { ...options, program })));
  }
  works.push(...(await benchStore('GC, a repository with 2,000 tags', manyTags, { ...options, program })));
  return works;
}

async function benchStore(
  name: string,
  shape: StoreShape,
  { folder, kinds, rounds, program }: CollectionsOptions & { program: string },
): Promise<Work[]> {
  const store = join(folder, 'store');
  const { repositories, manifests, blobs } = generateStore(store, shape);
  process.stderr.write(`${name}: ${repositories} repositories, ${manifests} manifests, ${blobs} blobs\n`);
  const works = ways.map((flags) => {
    const called = [name, ...flags].join(', ');
    const [seconds, memory] = [called, `${called}, peak memory`].map((work): Filling => ({
      name: work,
      figures: new Map(kinds.map((kind) => [kind, []])),
    })) as [Filling, Filling];
    return { flags, seconds, memory };
  });
  for (let round = 0; round < rounds; round += 1) {
    const peers = new Map<ServerKind, Run>();
    for (const kind of kinds) if (kind !== 'wharfinger') peers.set(kind, await collect(kind, []));
    for (const { flags, seconds, memory } of works) {
      const runs = new Map(peers).set('wharfinger', await collect('wharfinger', flags));
      for (const [kind, run] of runs) {
        seconds.figures.get(kind)?.push(run.seconds);
        memory.figures.get(kind)?.push(run.memory);
      }
      compareBlobs(name, runs);
    }
  }
  rmSync(store, { recursive: true });
  return works.flatMap(({ seconds, memory }) => [
    { ...seconds, unit: 's' },
    { ...memory, unit: 'MB' },
  ]);

  async function collect(kind: ServerKind, flags: readonly string[]): Promise<Run> {
    const run = await collectCopy(kind, { store, folder, program, flags });
    const [time, peak] = [run.seconds.toFixed(2), run.memory.toFixed(0)];
    process.stderr.write(`${name}, ${[kind, ...flags].join(' ')}: ${time} s, ${peak} MB\n`);
    return run;
  }
}

async function collectCopy(
  kind: ServerKind,
  {
    store,
    folder,
    program,
    flags,
  }: { store: string; folder: string; program: string; flags: readonly string[] },
): Promise<Run> {
  const root = join(folder, 'copy');
  await must(['cp', '-a', '--reflink=auto', store, root], { timeoutMs: 3_600_000 });
  // What the copy has still to write would be part of the first seconds.
  await must(['sync'], { timeoutMs: 600_000 });
  const command = kind === 'wharfinger' ? [process.execPath, program] : serverCommand(kind);
  const run = await measure([...command, 'garbage-collect', '-m', ...flags, writeConfig({ kind, root }, 0)]);
  const blobs = blobsLeft(root);
  rmSync(root, { recursive: true });
  return { ...run, blobs };
}

async function measure(command: readonly string[]): Promise<Omit<Run, 'blobs'>> {
  const [file = '', ...args] = command;
  const began = performance.now();
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    // The allocator's settings are those of our image; what is written in Go does not use it.
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none', ...allocatorEnvironment },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  let peak = 0;
  const look = setInterval(() => (peak = Math.max(peak, peakOf(child.pid))), lookEvery);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  clearInterval(look);
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${command.join(' ')} exited with ${String(code)}: ${stderr}`);
  return { seconds, memory: peak / 1e6 };
}

/** Bytes; 0 for a process that has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function blobsLeft(root: string): string[] {
  const blobs = join(root, 'docker/registry/v2/blobs/sha256');
  return readdirSync(blobs)
    .flatMap((prefix) => readdirSync(join(blobs, prefix)))
    .sort();
}

function compareBlobs(name: string, runs: ReadonlyMap<ServerKind, Run>): void {
  const [ours, theirs] = [runs.get('wharfinger'), runs.get('distribution v3')];
  if (!ours || !theirs) return;
  const [left, expected] = [new Set(ours.blobs), new Set(theirs.blobs)];
  const [more, fewer] = [left.difference(expected), expected.difference(left)];
  if (more.size + fewer.size === 0) return;
  throw new Error(
    `${name}: ours leaves ${more.size} blobs that v3 deletes, and deletes ${fewer.size} that v3 leaves`,
  );
}
