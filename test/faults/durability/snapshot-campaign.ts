import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { createRandom } from '../random.ts';
import { startRegistryProcess } from '../registry-process.ts';
import { type BlockSnapshot, type BlockVolume, createBlockVolume } from './block-volume.ts';
import { judgeStore } from './judgement.ts';
import type { Ledger, LedgerSnapshot } from './ledger.ts';
import { startLoad } from './load.ts';

export interface SnapshotCampaignOptions {
  readonly seed: number;
  /** Uploads at a time. */
  readonly uploads: number;
  readonly snapshots: number;
  readonly report?: (line: string) => void;
}

/** What one snapshot of the volume held. */
export interface SnapshotResult {
  /** Items that had been answered 201 before it was taken. */
  readonly confirmed: number;
  /** Items on their way while it was taken. */
  readonly open: number;
  readonly problems: readonly string[];
}

interface Taken {
  readonly snapshot: BlockSnapshot;
  readonly known: LedgerSnapshot;
}

/** Takes snapshots of the block device below a registry under load, and looks at what a registry on each of them has. */
export async function runSnapshotCampaign(options: SnapshotCampaignOptions): Promise<SnapshotResult[]> {
  const volume = await createBlockVolume();
  try {
    const taken = await takeUnderLoad(volume, options);
    const results: SnapshotResult[] = [];
    for (const one of taken) {
      const problems = await judgeSnapshot(one);
      const { confirmed, open } = one.known;
      results.push({ confirmed: confirmed.length, open: open.length, problems });
      options.report?.(
        `snapshot ${results.length}: ${confirmed.length} answered before it, ${open.length} open, ${problems.length} problems`,
      );
    }
    return results;
  } finally {
    await volume.remove();
  }
}

async function takeUnderLoad(volume: BlockVolume, options: SnapshotCampaignOptions): Promise<Taken[]> {
  const random = createRandom(options.seed);
  const registry = await startRegistryProcess({ root: `${volume.path}/registry` });
  const load = startLoad(registry, options);
  try {
    const taken: Taken[] = [];
    while (taken.length < options.snapshots) {
      await sleep(1_000 + random.below(3_000));
      await atLeast(load.ledger, 60 * (taken.length + 1));
      const known = load.ledger.snapshot();
      // Synchronous: no client of this process sends anything new while the snapshot is taken, and what they had sent
      // before stands in the ledger.
      const snapshot = volume.snapshot();
      taken.push({ snapshot, known });
    }
    const problems = load.ledger.snapshot().problems;
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return taken;
  } finally {
    await registry.killGroup();
    await load.stop();
    await registry.dispose();
  }
}

/** However slow the machine is, a snapshot without anything to look for shows nothing. */
async function atLeast(ledger: Ledger, confirmed: number): Promise<void> {
  await eventually('uploads get done', async () => ledger.snapshot().confirmed.length >= confirmed, {
    timeoutMs: 120_000,
    everyMs: 50,
  });
}

async function judgeSnapshot({ snapshot, known }: Taken): Promise<string[]> {
  try {
    const root = `${await snapshot.mount()}/registry`;
    const registry = await startRegistryProcess({ root });
    try {
      return await judgeStore({ port: registry.port, root, known });
    } finally {
      await registry.dispose();
    }
  } finally {
    await snapshot.remove();
  }
}
