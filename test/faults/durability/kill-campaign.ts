import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { createRandom } from '../random.ts';
import { type RegistryProcess, startRegistryProcess } from '../registry-process.ts';
import { walkStore } from '../store-walk.ts';
import { judgeStore } from './judgement.ts';
import type { Ledger, LedgerSnapshot } from './ledger.ts';
import { startLoad } from './load.ts';

export interface KillCampaignOptions {
  readonly seed: number;
  /** Uploads at a time. */
  readonly uploads: number;
  readonly kills: number;
  readonly report?: (line: string) => void;
}

export interface KillCampaign {
  readonly kills: { readonly workers: number; readonly groups: number };
  readonly known: LedgerSnapshot;
  /** What the rule of durability forbids (see Ledger), a sentence each. */
  readonly problems: readonly string[];
  /** Files of uploads and temporary files: before the purge, and after it. */
  readonly leftovers: { readonly before: number; readonly after: readonly string[] };
}

/** Milliseconds that a kill waits for uploads that get done. */
const progressLimit = 20_000;
/** Milliseconds for each file that is to be purged, on a machine that has much else to do. */
const purgeAllowance = 3;

/** Kills workers and whole registries with SIGKILL under uploads, then looks at what is there. */
export async function runKillCampaign(options: KillCampaignOptions): Promise<KillCampaign> {
  const report = options.report ?? ((): void => {});
  // What purges by itself must not be what is tested before it is asked for.
  const registry = await startRegistryProcess({
    storage: { maintenance: { uploadpurging: { enabled: false } } },
  });
  const load = startLoad(registry, options);
  let stopped = false;
  try {
    const kills = await killAtRandom(registry, load.ledger, options, (done) => {
      const { confirmed, open, tags } = load.ledger.snapshot();
      const counts = `${confirmed.length} answered, ${open.length} open, ${tags.length} tags`;
      if (done % 20 === 0) report(`${done} kills: ${counts}`);
    });
    // In the midst of all that is still under way.
    await registry.killGroup();
    stopped = true;
    await load.stop();
    const known = load.ledger.snapshot();
    await registry.start();
    const { port, root } = registry;
    const problems = [...known.problems, ...(await judgeStore({ port, root, known }))];
    report(`${known.confirmed.length} confirmed, ${known.open.length} open: ${problems.length} problems`);
    const leftovers = await purge(registry, options);
    problems.push(
      ...(await judgeStore({ port: registry.port, root, known })).map((line) => `purged: ${line}`),
    );
    return { kills, known, problems, leftovers };
  } finally {
    if (!stopped) {
      await registry.killGroup();
      await load.stop();
    }
    await registry.dispose();
  }
}

async function killAtRandom(
  registry: RegistryProcess,
  ledger: Ledger,
  { kills, seed, uploads }: KillCampaignOptions,
  onKill: (done: number) => void,
): Promise<{ workers: number; groups: number }> {
  const random = createRandom(seed);
  const done = { workers: 0, groups: 0 };

  /** Where nothing gets done between two kills, they show nothing: waits for some uploads, however slow the machine is. */
  async function progress(): Promise<void> {
    const before = ledger.snapshot().confirmed.length;
    const enough = (): boolean => ledger.snapshot().confirmed.length >= before + uploads / 50;
    for (const deadline = Date.now() + progressLimit; !enough() && Date.now() < deadline;) await sleep(50);
  }

  while (done.workers + done.groups < kills) {
    await progress();
    await sleep(random.below(1_000));
    if (random.chance(0.25)) {
      await registry.killGroup();
      await registry.start();
      done.groups += 1;
    } else {
      const [pid] = (await registry.workers()).sort(() => random.next() - 0.5);
      if (pid === undefined) continue;
      process.kill(pid, 'SIGKILL');
      done.workers += 1;
    }
    onKill(done.workers + done.groups);
  }
  return done;
}

/** Restarts the registry so that it purges what is a second old, and waits until nothing is left. */
async function purge(
  registry: RegistryProcess,
  { report }: KillCampaignOptions,
): Promise<KillCampaign['leftovers']> {
  await registry.stop();
  const before = await leftoversIn(registry.root);
  report?.(`${before.length} files are left of uploads that did not end`);
  await registry.start({
    maintenance: { uploadpurging: { enabled: true, age: '1s', interval: '1s', dryrun: false } },
  });
  let after = before;
  await eventually(
    'the purge',
    async () => {
      after = await leftoversIn(registry.root);
      return after.length === 0;
    },
    // To look takes time as well, the longer the more there is, and the registry needs it more.
    {
      timeoutMs: 60_000 + before.length * purgeAllowance,
      everyMs: 1_000 + before.length * purgeAllowance * 0.02,
    },
  ).catch(() => undefined);
  return { before: before.length, after };
}

async function leftoversIn(root: string): Promise<string[]> {
  const { uploads, temporaries } = await walkStore(root);
  return [...new Set([...uploads, ...temporaries])];
}
