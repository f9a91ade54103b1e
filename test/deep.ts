import { runEdgeCampaign } from './edge/campaign.ts';
import { runModelCampaign } from './faults/collection/model-campaign.ts';
import { prepareBlockVolumes } from './faults/durability/block-volume.ts';
import { runKillCampaign } from './faults/durability/kill-campaign.ts';
import { runSnapshotCampaign } from './faults/durability/snapshot-campaign.ts';
import { runFuzzCampaign } from './faults/fuzz/campaign.ts';
import { runInterleavings, runMutants } from './faults/interleavings/campaign.ts';
import { runCollectionKills } from './faults/kills/campaign.ts';
import { runLifeCampaign } from './faults/life/life-campaign.ts';
import { collectLargeStore } from './faults/live/large-store.ts';
import { runLiveCampaign } from './faults/live/live-campaign.ts';
import { runScaleCampaign } from './faults/scale/scale-campaign.ts';
import { manyRepositories } from './bench/gc/generated-store.ts';
import { createNamespace, deleteNamespace } from './support/kubernetes.ts';
import { startCluster } from './runner/start-cluster.ts';
import { compareUnderLimit } from './faults/memory/comparison.ts';
import { seedOf } from './faults/random.ts';

/** A campaign, as a test: it passes when it finds no problem. */
interface Campaign {
  readonly name: string;
  /** What is wrong, a paragraph each. */
  run(report: (line: string) => void): Promise<readonly string[]>;
  /** Minutes after which it counts as failed, and everything ends. */
  readonly limit: number;
}

const seed = seedOf(Date.now() % 2 ** 32);
const mebibyte = 1024 * 1024;

const campaigns: readonly Campaign[] = [
  ...(['plain HTTP', 'TLS', 'HTTP/2'] as const).map((way): Campaign => ({
    name: `memory ${way}: 64 uploads and 64 downloads of 256 MiB in 300 MiB`,
    limit: 40,
    async run(report) {
      const { limited, ratio } = await compareUnderLimit({
        concurrency: 64,
        size: 256 * mebibyte,
        way,
        report,
      });
      report(`throughput is ${(100 * ratio).toFixed(0)} % of that without a limit`);
      return [
        ...(limited.kills === 0 ? [] : [`the kernel killed ${limited.kills} processes`]),
        ...(limited.sameProcesses ? [] : ['processes had to be replaced']),
        ...(ratio >= 0.5 ? [] : [`the throughput fell to ${(100 * ratio).toFixed(0)} %`]),
      ];
    },
  })),
  {
    name: 'durability: 200 kills during 1,000 concurrent uploads',
    limit: 40,
    async run(report) {
      const { problems, leftovers, kills } = await runKillCampaign({
        seed,
        uploads: 1_000,
        kills: 200,
        report,
      });
      report(`${kills.workers} workers and ${kills.groups} whole registries were killed`);
      return [...problems, ...leftovers.after.map((file) => `${file} was not purged`)];
    },
  },
  {
    name: 'durability: 20 snapshots of the block device during 1,000 concurrent uploads',
    limit: 40,
    async run(report) {
      const results = await runSnapshotCampaign({ seed, uploads: 1_000, snapshots: 20, report });
      return results.flatMap(({ problems }, index) =>
        problems.map((line) => `snapshot ${index + 1}: ${line}`),
      );
    },
  },
  {
    name: 'fuzzing: a million requests',
    limit: 240,
    async run(report) {
      const { problems, coverage } = await runFuzzCampaign({
        seed,
        requests: 1_000_000,
        concurrency: 16,
        report,
      });
      return [...problems, ...coverage.missing(100).map((line) => `reached less than 100 times: ${line}`)];
    },
  },
  {
    name: 'gc model: 200,000 random stores, and seeded defects',
    limit: 40,
    run: (report) => runModelCampaign({ seed, cases: 200_000, report }),
  },
  {
    name: 'interleavings: 50,000 schedules',
    limit: 60,
    run: (report) => runInterleavings({ seed, schedules: 50_000, report }),
  },
  {
    name: 'interleavings: every safeguard removed in turn is caught',
    limit: 60,
    run: (report) => runMutants({ seed, report }),
  },
  {
    name: 'kills: each process of a collection at each step and each call to the storage',
    limit: 240,
    async run(report) {
      const { problems, points, hits } = await runCollectionKills({ seed, width: 4, report });
      return hits >= points * 0.9 ? problems : [...problems, `only ${hits} of ${points} kills hit`];
    },
  },
  {
    name: 'live: ten clients push, push again, retag, delete and pull for 10 minutes while collections run back to back',
    limit: 30,
    run: (report) =>
      inNamespace('deep-live', async (namespace) => {
        const live = await runLiveCampaign({
          namespace,
          seed,
          clients: 10,
          duration: 600_000,
          pause: 2_000,
          report,
        });
        const { collections, pushes, pulls, paused, longestPause, surplus } = live;
        report(
          `${collections} collections, ${pushes} pushes, ${pulls} pulls; a push waited ${(100 * paused).toFixed(1)} % of the time, ${longestPause.toFixed(0)} ms at most`,
        );
        return [
          ...live.problems,
          ...surplus.map((digest) => `${digest} is on the disk and part of no image`),
          ...(collections >= 30 && pushes >= 10_000 && paused <= 0.05 ? [] : ['too few, or paused too long']),
        ];
      }),
  },
  {
    name: 'edge: pushes and pulls through Traefik, as Ingress, HTTPRoute and TLSRoute',
    limit: 90,
    run: (report) => inNamespace('deep-edge', (namespace) => runEdgeCampaign({ namespace, report })),
  },
  ...([1, 10] as const).map((scale): Campaign => ({
    name: `windows: a store of ${scale},000 repositories is collected while a client pushes`,
    limit: 30,
    run: (report) =>
      inNamespace(`deep-windows-${scale}`, async (namespace) => {
        const done = await collectLargeStore({
          namespace,
          name: 'large',
          shape: manyRepositories(scale),
          timeout: 900_000,
        });
        const { problems, longestPause, seconds, windows, blobs, blobsLeft, message } = done;
        report(
          `${blobs} blobs, ${blobsLeft} left, ${seconds} s, ${windows} windows; the longest push took ${longestPause.toFixed(0)} ms: ${message}`,
        );
        const most = scale === 1 ? 1000 : 2000;
        return longestPause <= most ? problems : [...problems, `a push took more than ${most} ms`];
      }),
  })),
  {
    name: 'life: after each of 200 changes of its spec a Registry is like a new one, and nothing is written in ten minutes of rest',
    limit: 90,
    run: (report) => leadLife(200, 600_000, report),
  },
  {
    name: 'scale: one operator has 500 Registries, 20 of them live',
    limit: 60,
    async run(report) {
      await bringUp();
      const namespace = 'deep-scale';
      return runScaleCampaign({ namespace, steps: [125, 250, 480], live: 20, rest: 300_000, report });
    },
  },
];

/** What the life of a Registry shows, and how often each leaf of the spec was changed. */
async function leadLife(changes: number, quiet: number, report: (line: string) => void): Promise<string[]> {
  await bringUp();
  const { problems, leaves, kinds } = await runLifeCampaign({
    base: 'deep-life',
    seed,
    changes,
    quiet,
    report,
  });
  for (const { path, good, bad } of leaves) report(`spec.${path}: ${good} good changes, ${bad} bad ones`);
  report(`${leaves.length} leaves; ${JSON.stringify(kinds)}`);
  const seldom = leaves.filter(({ good }) => good < 3).map(({ path }) => path);
  return [...problems, ...seldom.map((path) => `spec.${path} was changed less than three times`)];
}

async function bringUp(): Promise<void> {
  const { status, env } = await startCluster();
  if (status !== 0) throw new Error(`npm start ended with exit status ${status}`);
  Object.assign(process.env, env);
}

/** On the embedded cluster, which is brought up if need be and stays. */
async function inNamespace<T>(namespace: string, work: (namespace: string) => Promise<T>): Promise<T> {
  await bringUp();
  await createNamespace(namespace);
  try {
    return await work(namespace);
  } finally {
    await deleteNamespace(namespace);
  }
}

/** `npm run test:deep [WORD]`: the long campaigns, or those whose name has the word. At most 14 hours in all. */
async function main(word: string): Promise<void> {
  process.stdout.write(`seed ${seed}; WHARFINGER_SEED=${seed} repeats it\n`);
  await prepareBlockVolumes();
  let passed = 0;
  const failures: string[] = [];
  for (const campaign of campaigns.filter(({ name }) => name.includes(word))) {
    const problems = await runLimited(campaign);
    for (const problem of problems.slice(0, 20)) process.stdout.write(`  ${problem}\n`);
    process.stdout.write(`${problems.length === 0 ? '✓' : '✗'} ${campaign.name}\n`);
    if (problems.length === 0) passed += 1;
    else failures.push(`${campaign.name} (${problems.length} problems)`);
  }
  for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
  process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
}

async function runLimited(campaign: Campaign): Promise<readonly string[]> {
  const { name, limit } = campaign;
  const begun = Date.now();
  const report = (line: string): void => {
    const minutes = ((Date.now() - begun) / 60_000).toFixed(1);
    process.stdout.write(`  [${minutes} min] ${line}\n`);
  };
  const timer = setTimeout(() => {
    process.stdout.write(`FAILED: ${name}: not within ${limit} minutes\n0 passed, 1 failed\n`);
    // What was started ends with this process.
    process.exit(1);
  }, limit * 60_000);
  try {
    return await campaign.run(report);
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  } finally {
    clearTimeout(timer);
  }
}

// Whatever was started, mounted or made goes when this process exits.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
await main(process.argv[2] ?? '');
