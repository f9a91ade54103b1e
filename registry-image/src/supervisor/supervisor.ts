import { randomUUID } from 'node:crypto';
import type { Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { collectionFile, registryFile } from '../config/maintenance.ts';
import type { Config } from '../config/schema.ts';
import type { RegistryState } from '../config/state.ts';
import { createDebugServer } from '../health/debug-server.ts';
import { startHealthChecks } from '../health/health-checks.ts';
import { storageCheck } from '../health/storage-check.ts';
import type { Log } from '../telemetry/log.ts';
import { tlsPolicyOf } from '../tls/policy.ts';
import type { Metrics, MetricsSnapshot } from '../telemetry/metrics.ts';
import { createAcceptor } from './acceptor.ts';
import { createCollectionRunner } from './collection-runner.ts';
import { listen, removeStaleSocket } from './listen.ts';
import { createLiveSecrets } from './live-secrets.ts';
import { createMaintainer } from './maintainer.ts';
import { systemClock } from './maintenance-window.ts';
import { joinStorage } from './membership.ts';
import { createPool } from './pool.ts';
import { createSilenceCount } from './silence-count.ts';
import { startPurgeSchedule } from './purge-schedule.ts';
import { startStateServer } from './state-server.ts';
import { startUndoSchedule } from './undo-schedule.ts';
import { createStorageKeeper } from './storage-keeper.ts';
import { type FileTexts, readTexts, watchFiles } from './watched-files.ts';

export interface SupervisorOptions {
  readonly config: Config;
  readonly version: string;
  /** This replica's name in the maintenance files and in the state. */
  readonly pod: string;
  readonly log: Log;
  /** No worker can serve with this config; the sentence says why. */
  readonly onHopeless: (sentence: string) => void;
}

export interface Supervisor {
  /** Ends gracefully: resolves when every connection has ended, or `http.draintimeout` is over. */
  stop(): Promise<void>;
}

/** Milliseconds between two reports that are asked for unprompted. */
const reportInterval = 5_000;
/** Reports in a row that a worker owes when it counts as a problem, and when it is killed to be replaced. */
const worryingSilence = 3;
const hopelessSilence = 6;
/** Milliseconds for which an answer of the state endpoint waits for fresh reports. */
const reportLimit = 250;
/** Milliseconds for which a new connection waits for a worker: a first one, or one in the place of those that crashed. */
const connectionPatience = 5_000;
/** distribution drains only when told to; 0 means this here. */
const defaultDrainTimeout = 30_000;
/**
 * Milliseconds for which a replica that is told to stop takes connections when there were others: those who spread them learn of it only
 * now, and a connection that is refused is a pull that fails. Rules of a node follow within about a second; the rest is for slow ones.
 */
const partingTime = 3_000;
/** Milliseconds for the workers to end when the supervisor cannot start. */
const failureDrainTimeout = 2_000;

/**
 * Serves a registry: forks the workers, keeps them, and makes the maintenance files and the secrets hold in them.
 * Throws an error of one sentence when the config cannot work here.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { config, version, pod, log } = options;
  // Throws here what would otherwise be told by a worker.
  if (config.http.tls) tlsPolicyOf(config.http.tls);
  if (config.http.net === 'unix') await removeStaleSocket(config.http.addr, 'http.addr');
  const boot = randomUUID();
  const silence = createSilenceCount();
  const servers: Server[] = [];
  const secrets = createLiveSecrets(config, log);
  const storage = await createStorageKeeper(config);
  const collection = createCollectionRunner({ config, storage, log, onChange: () => maintainer.converge() });
  const maintainer = createMaintainer({
    pod,
    boot,
    readOnly: config.storage.maintenance.readonly.enabled,
    collection,
    clock: systemClock,
    log,
  });
  const metrics = await loadMetrics(config, async () => {
    await pool.report(reportLimit);
    const workers = pool.workers.map((worker) => worker.state);
    return { workers, ...writesState(), storage: membership.storage };
  });

  const settings = secrets.begin(await readTexts(secrets.paths));
  const { directory } = config.wharfinger.maintenance;
  const maintenancePaths =
    directory === undefined ? [] : [registryFile, collectionFile].map((name) => join(directory, name));
  // Before any worker listens, so that one that starts inside a window comes up paused.
  takeMaintenance(await readTexts(maintenancePaths));
  const self = { pod, boot, release: version, host: hostname() };
  const membership = await joinStorage({ config, self, maintainer, log });
  const acceptor = createAcceptor({
    workers: () => pool.workers,
    patience: connectionPatience,
    onError: (error) => log.error({ err: error }, 'a connection could not be accepted'),
  });
  const address = await acceptor.listen(config.http);
  const pool = createPool({
    config,
    version,
    settings: { ...settings, gate: maintainer.gate, unhealthy: {} },
    storage,
    log,
    address,
    onChange() {
      acceptor.update();
      maintainer.converge();
    },
    onMessage(_worker, message) {
      if (message.type === 'report') metrics?.count(message.report.requests);
    },
    onHopeless: options.onHopeless,
  });
  maintainer.attach(pool);
  const health = startHealthChecks({
    health: config.health,
    storage: storageCheck(config),
    onChange() {
      const failing = health.problems();
      if (Object.keys(failing).length > 0) log.error({ failing }, 'health checks fail');
      else log.info('health checks pass again');
      pool.set('unhealthy', failing);
    },
  });

  function takeMaintenance(texts: FileTexts): void {
    const [registry = '', collectionPath = ''] = maintenancePaths;
    maintainer.take({ registry: texts[registry] ?? null, collection: texts[collectionPath] ?? null });
  }

  function writesState(): { writes: RegistryState['writes']; heldWrites: number } {
    const heldWrites = pool.workers.reduce((sum, worker) => sum + worker.report.heldWrites, 0);
    return { writes: maintainer.state().writes, heldWrites };
  }

  async function state(): Promise<RegistryState> {
    await pool.report(reportLimit);
    return {
      pod,
      boot,
      version,
      members: membership.boots?.slice(),
      ...(membership.storage && { storage: membership.storage }),
      ...maintainer.state(),
      ...writesState(),
      workers: pool.workers.map((worker) => worker.state),
      ...secrets.state(pool),
    };
  }

  function problems(): Record<string, string> {
    const found: Record<string, string> = {};
    const serving = pool.workers.filter((worker) => worker.state.phase === 'serving');
    const silent = serving.filter((worker) => silence.of(worker) >= worryingSilence);
    if (silent.length > 0)
      found['workers'] = `no word from worker ${silent.map(({ pid }) => pid).join(', ')}`;
    if (serving.length === 0) found['workers'] = 'no worker serves';
    return { ...found, ...health.problems() };
  }

  function askForReports(): void {
    silence.note(pool.workers);
    for (const worker of pool.workers) {
      if (silence.of(worker) < hopelessSilence) continue;
      log.error({ pid: worker.pid }, 'a worker hangs and is killed');
      worker.kill();
    }
    void pool.report(0);
  }

  async function startServers(): Promise<void> {
    if (config.wharfinger.state) {
      const { plan } = collection;
      servers.push(await startStateServer({ state: config.wharfinger.state, answer: state, plan, log }));
    }
    if (config.http.debug) {
      const { path } = config.http.debug.prometheus;
      const server = createDebugServer({
        problems,
        ready: () => pool.serving,
        ...(metrics && { metrics: { path, render: () => metrics.render() } }),
      });
      const address = await listen(server, config.http.debug.addr, 'http.debug.addr');
      servers.push(server);
      log.info({ address }, 'debug endpoint listening');
    }
  }

  try {
    await startServers();
  } catch (error) {
    acceptor.close();
    await pool.stop(failureDrainTimeout);
    await membership.leave();
    throw error;
  }
  const watched = [
    watchFiles({
      paths: maintenancePaths,
      onLook: takeMaintenance,
      onError: (error) => log.error({ err: error }, 'the maintenance files cannot be read'),
    }),
    watchFiles({
      paths: secrets.paths,
      onLook: (texts) => secrets.update(texts, pool),
      onError: (error) =>
        log.error({ err: error }, 'a certificate, a key or the htpasswd file cannot be read'),
    }),
  ];
  for (const files of watched) await files.look();
  const reports = setInterval(askForReports, reportInterval);
  const endUndo = startUndoSchedule({ pool });
  const endPurges = startPurgeSchedule({ config, pool, writable: () => maintainer.gate === 'open', log });

  return {
    async stop() {
      if (membership.hadCompany) await delay(partingTime);
      log.info('draining');
      for (const files of watched) files.close();
      clearInterval(reports);
      endPurges();
      endUndo();
      health.stop();
      maintainer.close();
      collection.kill('the supervisor was told to stop');
      acceptor.close();
      await pool.stop(config.http.draintimeout || defaultDrainTimeout);
      await membership.leave();
      for (const server of servers) server.close();
    },
  };
}

async function loadMetrics(
  config: Config,
  snapshot: () => Promise<MetricsSnapshot>,
): Promise<Metrics | undefined> {
  if (!config.http.debug?.prometheus.enabled) return undefined;
  const { createMetrics } = await import('../telemetry/metrics.ts');
  return createMetrics(snapshot);
}
