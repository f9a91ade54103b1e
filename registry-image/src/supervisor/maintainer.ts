import type { CollectionMaintenance } from '../config/maintenance.ts';
import type { RegistryState } from '../config/state.ts';
import type { Member } from '../gc/members.ts';
import { longestStorageWindow, type StorageWindow } from '../gc/storage-window.ts';
import type { GateMode } from '../registry/commit-gate.ts';
import type { Log } from '../telemetry/log.ts';
import { collectionOrder } from './collection-order.ts';
import type { CollectionRunner } from './collection-runner.ts';
import { collectionMaintenanceFile, registryMaintenanceFile } from './maintenance-files.ts';
import { type Clock, createWindowKeeper } from './maintenance-window.ts';
import { createPauseMeasure } from './pause-measure.ts';
import type { Pool } from './pool.ts';
import { soloEnd } from './solo-window.ts';

export interface MaintainerOptions {
  /** This replica's name, as `collect.pod` and `confirm.pod` give it. */
  readonly pod: string;
  /** Of this supervisor, as `collect.solo` names it. */
  readonly boot: string;
  /** Read-only by config.yml, whatever the maintenance files say. */
  readonly readOnly: boolean;
  readonly collection: CollectionRunner;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Maintainer {
  /** Takes up the texts of the files (null: no such file) and converges. */
  take(texts: { registry: string | null; collection: string | null }): void;
  /** Takes up the window that lies on the storage (undefined: none) and converges. */
  takeStorageWindow(window: StorageWindow | undefined): void;
  /** What this replica's record on the storage is to say of what holds here. */
  memberState(): Pick<Member, 'collection' | 'window'>;
  /** The mode every gate is to have now. */
  readonly gate: GateMode;
  /** Begins to converge this pool, whose gates start with `gate`. */
  attach(pool: Pool): void;
  /** Does what is still to be done; to be called whenever anything changed. */
  converge(): void;
  state(): Pick<
    RegistryState,
    'observed' | 'writes' | 'windowExpired' | 'lastPause' | 'prepared' | 'restart' | 'collection'
  >;
  close(): void;
}

/** Milliseconds that a killed collector may take to end before writes open nevertheless: the second mark repairs. */
const killGrace = 2_000;

/** Who asked for a restart: the operator in `collection.json`, or a collection by hand on the storage. */
type RestartCause = 'collection' | 'storage';

/** Makes the maintenance files hold in this replica (docs/architecture.md, "Maintenance is declarative"). */
export function createMaintainer(options: MaintainerOptions): Maintainer {
  const { collection, log, clock } = options;
  const registryFile = registryMaintenanceFile();
  const collectionFile = collectionMaintenanceFile();
  const window = createWindowKeeper(clock);
  const storageWindow = createWindowKeeper(clock, longestStorageWindow);
  let pool: Pool | undefined;
  let gate: GateMode = 'open';
  let settled: RegistryState['writes'] = 'open';
  const restarts: Record<RestartCause, { nonce: string; generation: number } | null> = {
    collection: null,
    storage: null,
  };
  let storageOrder: StorageWindow | undefined;
  let windowEnd: NodeJS.Timeout | undefined;
  let killedAt: number | undefined;
  let reportedExpiry = false;
  const pauses = createPauseMeasure(clock);

  function isReadOnly(): boolean {
    return options.readOnly || registryFile.observed.value.readOnly;
  }

  function wantedGate(): GateMode {
    if (isReadOnly()) return 'readOnly';
    return window.active || isStoragePaused() ? 'paused' : 'open';
  }

  function isStoragePaused(): boolean {
    return storageWindow.active && storageOrder?.step !== 'prepare';
  }

  function writes(): RegistryState['writes'] {
    const applied = pool?.applied('gate') ?? true;
    if (applied) settled = gate;
    else if (gate !== 'open') settled = 'pausing';
    return settled;
  }

  /** True when no collector can move anything any more. */
  function collectorIsGone(): boolean {
    if (collection.running !== 'collect' || collection.state?.phase === 'Swept') return true;
    if (killedAt === undefined) {
      killedAt = clock.monotonic();
      collection.kill('the window ended before the sweep had');
      setTimeout(converge, killGrace).unref();
    }
    return clock.monotonic() - killedAt >= killGrace;
  }

  function convergeGate(): void {
    const { active } = window;
    if (active) killedAt = undefined;
    else if (!collectorIsGone()) return;
    reportExpiry();
    const wanted = wantedGate();
    if (active && wanted === 'paused') pauses.begin(collectionFile.observed.value);
    if (wanted === gate) return;
    log.info({ from: gate, to: wanted }, 'write gate changes');
    writes();
    gate = wanted;
    pool?.set('gate', wanted);
  }

  function reportExpiry(): void {
    const expired = window.expired || storageWindow.expired;
    if (expired && !reportedExpiry) log.warn('the window was ended at its deadline');
    reportedExpiry = expired;
  }

  /** What the operator no longer orders must not go on: it believes that from then on nothing is moved. */
  function withdraw(maintenance: CollectionMaintenance | null): void {
    const { running, state } = collection;
    if (!running) return;
    const ordered = maintenance?.[running]?.pod === options.pod && maintenance.run === state?.run;
    // A mark is for all windows of its run.
    const isSame = running === 'mark' || maintenance?.attempt === state?.attempt;
    if (!ordered || !isSame) collection.kill('the order to collect was withdrawn');
  }

  function convergeRestart(maintenance: CollectionMaintenance | null): void {
    if (maintenance?.restart !== undefined) restartOnce('collection', maintenance.restart);
  }

  /** Leads this replica, when it is the only one, from its sweep to the end of the window. */
  function convergeSolo(maintenance: CollectionMaintenance | null): void {
    const end = maintenance && soloEnd(maintenance, options.boot, collection.state);
    if (!end) return;
    if (end.restart !== undefined) {
      restartOnce('collection', end.restart);
      if (!isRestarted('collection')) return;
    }
    window.release();
  }

  function convergeStorageRestart(): void {
    if (!storageOrder || storageOrder.step === 'prepare') return;
    // Whoever had writes held until the deadline may have swept, and be gone before it could ask for this.
    if (storageOrder.step === 'restart' || storageWindow.expired) restartOnce('storage', storageOrder.id);
  }

  function restartOnce(cause: RestartCause, nonce: string): void {
    if (nonce === restarts[cause]?.nonce) return;
    log.info({ nonce }, 'restart in place');
    // Before there is a pool every worker is still to be forked.
    restarts[cause] = { nonce, generation: pool ? pool.generation + 1 : 0 };
    pool?.restart();
  }

  /** The workers that are to replace those of now wait from the mark on, so that the window need not wait for them. */
  function convergePreparation(maintenance: CollectionMaintenance | null): void {
    const isAsked = storageWindow.active && storageOrder?.step === 'prepare';
    if (isAsked || (maintenance?.mark && !maintenance.restart && !maintenance.window)) pool?.prepare();
    else if (!maintenance?.mark && !storageWindow.active) pool?.dismiss();
  }

  function convergeCollection(maintenance: CollectionMaintenance | null): void {
    // Whoever has writes held on the storage was told that no collection goes on here.
    if (!maintenance || !pool || isStoragePaused()) return;
    const deadline = clock.wall() + (window.remaining ?? 0);
    const { state } = collection;
    const { pod, boot } = options;
    const scene = { pod, boot, restart: restarts.collection?.nonce, gate: gateSettled(), deadline, state };
    const order = collectionOrder(maintenance, scene);
    if (!order) return;
    const { job, window: sweepWindow } = order;
    if (sweepWindow && collection.sweep(job.run, job.attempt, sweepWindow)) return;
    if (maintenance.collect?.solo)
      collection.fail(job.run, job.attempt, 'no collector keeps a mark of this run');
    else collection.start(job);
  }

  function gateSettled(): 'open' | 'closed' | 'changing' {
    const now = writes();
    if (window.active && isHeld(now)) return 'closed';
    return (now === 'open' || now === 'readOnly') && !window.active ? 'open' : 'changing';
  }

  function converge(): void {
    const maintenance = collectionFile.observed.value;
    convergeSolo(maintenance);
    convergeGate();
    if (gateSettled() !== 'changing' && gate !== 'paused') pauses.end();
    withdraw(maintenance);
    // Before the workers that stand by are dismissed: they are for it.
    convergeRestart(maintenance);
    convergeStorageRestart();
    convergePreparation(maintenance);
    convergeCollection(maintenance);
    clearTimeout(windowEnd);
    // The wall clock may jump to the deadline at any time, so a long wait is cut in pieces.
    const remaining = Math.min(window.remaining ?? Infinity, storageWindow.remaining ?? Infinity);
    if (remaining < Infinity) windowEnd = setTimeout(converge, Math.min(remaining + 1, 1_000));
  }

  function isRestarted(cause: RestartCause): boolean {
    const restart = restarts[cause];
    if (!restart || !pool?.serving) return false;
    const { generation } = restart;
    return pool.workers.every((worker) => worker.generation >= generation || !worker.state.takesRequests);
  }

  return {
    take(texts) {
      for (const problem of [registryFile.take(texts.registry), collectionFile.take(texts.collection)]) {
        if (problem)
          log.error({ problem }, 'a maintenance file cannot be used, what held before goes on to hold');
      }
      window.see(collectionFile.observed.value);
      converge();
    },
    takeStorageWindow(found) {
      storageOrder = found;
      // What is asked before the pause has a deadline of its own.
      storageWindow.see(
        found ? { run: found.id, attempt: found.step === 'prepare' ? 0 : 1, window: found } : null,
      );
      converge();
    },
    memberState: () => ({
      collection: collectionFile.observed.value?.run,
      window: storageOrder && {
        id: storageOrder.id,
        prepared: pool?.prepared ?? false,
        paused: isStoragePaused() && isHeld(writes()),
        restarted: restarts.storage?.nonce === storageOrder.id && isRestarted('storage'),
      },
    }),
    get gate() {
      return gate;
    },
    attach(started) {
      pool = started;
      converge();
    },
    converge,
    state: () => ({
      observed: { registry: registryFile.observed.hash, collection: collectionFile.observed.hash },
      writes: writes(),
      windowExpired: window.expired,
      lastPause: pauses.last,
      prepared: pool?.prepared ?? false,
      restart: restarts.collection && {
        nonce: restarts.collection.nonce,
        done: isRestarted('collection'),
      },
      collection: collection.state,
    }),
    close() {
      clearTimeout(windowEnd);
    },
  };
}

function isHeld(writes: RegistryState['writes']): boolean {
  return writes === 'readOnly' || writes === 'paused';
}
