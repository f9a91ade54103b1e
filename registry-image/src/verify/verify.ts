import type { StorageDriver } from '../storage/driver.ts';
import { blobsRoot, deletedRoot } from '../storage/paths.ts';
import { verifyBlobs } from './blobs.ts';
import type { Context, Counts } from './context.ts';
import type { Outcome } from './damages.ts';
import { abandonedCheck } from './directory.ts';
import { createInspector, type Settled } from './inspector.ts';
import { forEachInLanes } from '../registry/lanes.ts';
import { findRepositories } from './repositories.ts';
import { verifyRepository } from './repository.ts';
import { createSetAside } from './set-aside.ts';
import { createStore } from './store.ts';

export interface VerifyOptions {
  readonly driver: StorageDriver;
  /** Mends what can be mended and sets the rest aside; without it nothing is written. */
  readonly repair: boolean;
  /** An index may lack some of its children (`validation.manifests.indexes`). */
  readonly sparse: boolean;
  /** Name of the directory of what is set aside. */
  readonly run: string;
  /** Milliseconds between the two looks at what seems wrong. */
  readonly pause: number;
  /** Receives each damage when it is certain, and what became of it. */
  readonly report: (settled: Settled) => void;
  readonly signal: AbortSignal;
}

export interface Summary extends Counts {
  /** Damages by what became of them. */
  readonly damages: Readonly<Record<Outcome['action'], number>>;
}

/** Repositories that are checked at the same time. */
const lanes = 4;

/**
 * Reads a whole store and tells every damage. What it keeps in memory grows with the damages and with the largest
 * repository, not with the blobs. Throws what the storage threw when it was written to, and the signal's reason.
 */
export async function verifyStore(options: VerifyOptions): Promise<Summary> {
  const { driver, signal } = options;
  const store = createStore(driver, signal);
  // A volume that is not mounted must not pass for a whole one.
  if (!(await store.stat('/'))) throw new Error('the root directory of the storage does not exist');
  const outcomes = { found: 0, repaired: 0, recovered: 0, 'set-aside': 0, left: 0 };
  const counts: Counts = {
    blobs: 0,
    bytes: 0,
    repositories: 0,
    manifests: 0,
    tags: 0,
    layers: 0,
    uploads: 0,
  };
  const report = ({ damage, outcome }: Settled): void => {
    const told: Outcome = options.repair && !repair ? { action: 'left' } : outcome;
    outcomes[told.action]++;
    options.report({ damage, outcome: told });
  };
  // Every link would dangle when the blobs lie on a volume that is not mounted.
  const repair = options.repair && ((await store.list(blobsRoot).catch(() => undefined)) ?? []).length > 0;
  const newContext = (): Context => ({
    store,
    inspector: createInspector({ ...options, repair, report }),
    setAside: createSetAside(store, options.run),
    sparse: options.sparse,
    counts,
  });

  await verifyBlobs(newContext());
  const whole = newContext();
  await forEachInLanes(findRepositories(whole), lanes, (name) => verifyRepository(newContext(), name));
  await verifyDeleted(whole);
  await whole.inspector.settle();
  return { ...counts, damages: outcomes };
}

/** Tags whose deletion was cut short: they are out of sight already. */
async function verifyDeleted(context: Context): Promise<void> {
  for (const { path } of (await context.store.list(deletedRoot)) ?? []) {
    await context.inspector.inspect(abandonedCheck(context, path, 'stale-deleted'));
  }
}
