#!/usr/bin/env node
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { exitCodes } from './exit-codes.ts';
import { createGarbageCollectionReconciler } from './garbage-collection/reconciler.ts';
import { garbageCollectionSources } from './garbage-collection/sources.ts';
import { createClient } from './kube/client.ts';
import { type Controller, createController } from './kube/controller.ts';
import { createDiscovery } from './kube/discovery.ts';
import { createEventRecorder } from './kube/events.ts';
import { loadKubeConfig } from './kube/kube-config.ts';
import { createLeaderElection, leaderIdentity } from './kube/leader-election.ts';
import { createTransport } from './kube/transport.ts';
import { createMetrics } from './metrics.ts';
import { createNodeTrustReconciler } from './node-trust/reconciler.ts';
import { type NodeTrustReflectors, nodeTrustSources } from './node-trust/sources.ts';
import { type Options, OptionsError, readOptions } from './options.ts';
import { servePages } from './page-server.ts';
import {
  createOptionalReflectors,
  createNodeTrustReflectors,
  createReflectors,
  storesOf,
} from './reflectors.ts';
import { createInternalAuthority } from './registry/internal-authority.ts';
import { createRegistryReconciler } from './registry/reconciler.ts';
import { createStorageSurvey } from './registry/storage-survey.ts';
import { storageWatch } from './registry/storage-watch.ts';
import { registrySources } from './registry/sources.ts';
import { createReplicaClient } from './replicas/replica-client.ts';

const componentName = 'wharfinger.dev/operator';
const prepareAgainMs = 1000;

async function main(options: Options): Promise<void> {
  const log = pino({ level: options.LOG_LEVEL, base: { pod: options.POD_NAME } });
  const kubeConfig = loadKubeConfig({ file: options.KUBECONFIG, context: options.CONTEXT });
  const transport = createTransport({ kubeConfig, userAgent: 'wharfinger-operator', log });
  const fieldManager = 'wharfinger';
  const now = Date.now;

  const election = createLeaderElection({
    client: createClient({ transport, fieldManager }),
    namespace: options.OPERATOR_NAMESPACE,
    name: options.LEASE_NAME,
    identity: leaderIdentity(options.POD_NAME),
    onStartedLeading: () => void lead(),
    onLost: () => process.exit(exitCodes.leadershipLost),
    log,
  });
  const isLeader = (): boolean => !options.LEADER_ELECT || election.isLeader();
  const client = createClient({ transport, fieldManager, mayWrite: isLeader });
  const following = { transport, client, namespaces: options.WATCH_NAMESPACE, log };
  const reflectors = createReflectors(following);
  const optional = createOptionalReflectors(following, createDiscovery({ transport, now }));
  const stores = storesOf(reflectors);
  const events = createEventRecorder({ client, controller: componentName, instance: options.POD_NAME, log });
  const operatorNamespace = options.OPERATOR_NAMESPACE;
  const authority = createInternalAuthority({ client, operatorNamespace, now });
  const replicas = createReplicaClient({ clientCertificate: () => authority.clientCertificate() });
  const metrics = createMetrics({
    registries: () => stores.registries.list(),
    garbageCollections: () => stores.garbageCollections.list(),
    isLeader,
  });

  const shared = { client, stores, replicas, events, log, now };
  const survey = createStorageSurvey({ replicas, now });
  const reconcileRegistry = createRegistryReconciler({
    ...shared,
    survey,
    authority,
    defaultImage: options.REGISTRY_IMAGE,
    operatorNamespace,
    metricsNamespaces: options.METRICS_NAMESPACES,
    optional,
  });
  const registryController = createController({
    name: 'registry',
    sources: [
      ...registrySources(
        reflectors,
        optional,
        (name) => options.WATCH_NAMESPACE.length === 0 || options.WATCH_NAMESPACE.includes(name),
      ),
      storageWatch({ reflectors, survey, log }),
    ],
    reconcile: metrics.measured('registry', reconcileRegistry),
    log,
  });
  const reconcileCollection = createGarbageCollectionReconciler({
    ...shared,
    observe: metrics.collectionChanged,
  });
  const collectionController = createController({
    name: 'garbage-collection',
    sources: garbageCollectionSources(reflectors),
    reconcile: metrics.measured('garbage-collection', reconcileCollection),
    // A run under way is looked at ten times a second, and must not wait for the others.
    concurrency: 16,
    log,
  });
  const controllers = [registryController, collectionController];
  const nodeTrust = createNodeTrust();
  metrics.queue('registry', () => registryController.counts);
  metrics.queue('garbage-collection', () => collectionController.counts);

  /** Only an operator of the whole cluster, and only where the chart made a namespace for it. */
  function createNodeTrust(): { controller: Controller; reflectors: NodeTrustReflectors } | undefined {
    const { NODE_TRUST_NAMESPACE: namespace, NODE_TRUST_IMAGE: image, WATCH_NAMESPACE: watched } = options;
    if (namespace === undefined || image === undefined || watched.length > 0) return undefined;
    const own = createNodeTrustReflectors({ transport, log }, namespace, reflectors);
    const reconcile = createNodeTrustReconciler({
      client,
      stores: { ...stores, nodeTrusts: own.nodeTrusts.store, daemonSets: own.daemonSets.store },
      events,
      namespace,
      image,
      now,
    });
    const controller = createController({
      name: 'node-trust',
      sources: nodeTrustSources(own, namespace),
      reconcile: metrics.measured('node-trust', reconcile),
      log,
    });
    metrics.queue('node-trust', () => controller.counts);
    return { controller, reflectors: own };
  }

  const stopping = new AbortController();
  let leading = false;
  let synced = false;

  // A standby keeps no caches: they would double the memory and the watches, and are filled in about a second.
  async function lead(): Promise<void> {
    leading = true;
    try {
      await prepare();
      // Nothing waits for it: its kind may not be served yet.
      nodeTrust?.controller
        .start()
        .catch((error: unknown) => log.debug({ err: error }, 'stopped before start'));
      await Promise.all(controllers.map((controller) => controller.start()));
      synced = true;
    } catch (error) {
      if (stopping.signal.aborted) return;
      log.fatal({ err: error }, 'could not start to reconcile');
      process.exit(exitCodes.failure);
    }
  }

  async function prepare(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await authority.prepare();
        return;
      } catch (error) {
        log.warn({ err: error }, 'could not read or make the internal CA');
        await delay(prepareAgainMs, undefined, { signal: stopping.signal });
      }
    }
  }

  const health = await servePages(options.HEALTH_ADDR, {
    '/healthz': () => ({ status: 200, body: 'ok\n' }),
    '/readyz': () =>
      leading && !synced ? { status: 503, body: 'caches are not in sync\n' } : { status: 200, body: 'ok\n' },
  });
  const metricsServer = await servePages(options.METRICS_ADDR, {
    '/metrics': async () => ({ status: 200, body: await metrics.text(), contentType: metrics.contentType }),
  });

  async function shutDown(signal: NodeJS.Signals): Promise<void> {
    if (stopping.signal.aborted) return;
    stopping.abort();
    log.info({ signal }, 'stopping');
    const running = nodeTrust ? [...controllers, nodeTrust.controller] : controllers;
    await Promise.all(running.map((controller) => controller.stop()));
    await events.flush();
    await Promise.all(
      Object.values({ ...reflectors, ...optional, ...nodeTrust?.reflectors }).map(
        (reflector: { stop(): Promise<void> }) => reflector.stop(),
      ),
    );
    // Only now may another operator lead.
    await election.stop();
    replicas.close();
    await Promise.all([health.close(), metricsServer.close(), transport.close()]);
    process.exit(exitCodes.stopped);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutDown(signal));

  log.info({ namespaces: options.WATCH_NAMESPACE, leaderElection: options.LEADER_ELECT }, 'operator starts');
  if (options.LEADER_ELECT) election.start();
  else await lead();
}

try {
  await main(readOptions(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof OptionsError ? exitCodes.usage : exitCodes.failure);
}
