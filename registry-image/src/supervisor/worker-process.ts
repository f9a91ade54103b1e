import cluster from 'node:cluster';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type AccessFiles, createVerifiedCredentials, type VerifiedCredentials } from '../auth/index.ts';
import type { Config } from '../config/schema.ts';
import type { AppHandler } from '../http/app.ts';
import type { ControlledGate } from '../registry/gate.ts';
import type { UploadPurgeOptions } from '../registry/upload-purge.ts';
import { countRequests } from '../telemetry/request-counts.ts';
import { flushLogs, type Log } from '../telemetry/log.ts';
import { tlsPolicyOf } from '../tls/policy.ts';
import { sendToParent } from './channel.ts';
import { type Connections, trackConnections } from './connections.ts';
import type { Command, Message, Setting, Settings, Topic } from './protocol.ts';
import { createRelay, type Relay, restoreOrigin } from './relay.ts';
import { createRelayListener, listenForRelays, relayPortOf } from './relay-channel.ts';
import { createRegistryServer, type RegistryServer } from './registry-server.ts';

/** What a worker serves, and what of it can change while it serves. */
export interface Service {
  readonly handler: AppHandler;
  /** Answers that nobody can serve the request now. */
  readonly refuse: AppHandler;
  readonly gate: ControlledGate;
  readonly log: Log;
  updateAccess(files: Partial<AccessFiles>): void;
  /** Never rejects. */
  purgeUploads(options: UploadPurgeOptions): Promise<void>;
  /** Never rejects. */
  freeUndo(): Promise<void>;
  /** Writes down what is still only in memory. Never rejects. */
  flush(): Promise<void>;
  /** Takes the reasons of the health checks that fail; while there are any, requests are answered 503. */
  updateUnhealthy(problems: Settings['unhealthy']): void;
}

export interface ServiceInput {
  readonly config: Config;
  readonly version: string;
  readonly accessFiles: AccessFiles;
  readonly verified: VerifiedCredentials;
}

interface Running {
  readonly service: Service;
  readonly registryServer: RegistryServer;
  readonly connections: Connections;
  /** What all workers know of credentials. */
  readonly shared: VerifiedCredentials;
  /** Has requests answered by a worker that serves when this one does no more. */
  readonly replacement: () => Relay;
}

/** Milliseconds in which the supervisor has put another worker in the place of one that crashed. */
const relayPatience = 5_000;

/** Does what the supervisor commands; see protocol.ts. The process ends by `process.exit`. */
export function runWorker(createService: (input: ServiceInput) => Promise<Service>): void {
  let running: Running | undefined;
  let takesRequests = true;
  let relay: Relay | undefined;
  const counts = countRequests();
  /** Resolves when the settings of `start` hold, so that a later one never meets them halfway. */
  const begun = Promise.withResolvers<void>();
  /** Resolves when one that stands by is told to serve. */
  const called = Promise.withResolvers<void>();

  function report(): void {
    if (!running) return;
    const { connections, service } = running;
    send({
      type: 'report',
      report: {
        requestsInFlight: connections.requestsInFlight,
        takesRequests,
        heldWrites: service.gate.held,
        requests: counts.take(),
      },
    });
  }

  async function start(command: Extract<Command, { type: 'start' }>): Promise<void> {
    const { config } = command;
    const settings = valuesOf(command.settings);
    const shared = createVerifiedCredentials({
      key: Buffer.from(command.verified.key, 'hex'),
      known: command.verified.fingerprints,
    });
    const verified: VerifiedCredentials = {
      ...shared,
      add(fingerprint) {
        shared.add(fingerprint);
        send({ type: 'verified', fingerprint });
      },
    };
    const service = await createService({
      config,
      version: command.version,
      accessFiles: settings,
      verified,
    });
    const registryServer = createRegistryServer({
      tls:
        settings.tls && config.http.tls
          ? {
              material: settings.tls,
              policy: tlsPolicyOf(config.http.tls),
              ticketKeys: Buffer.from(command.ticketKeys, 'hex'),
            }
          : null,
      http2: settings.tls ? !config.http.http2.disabled : config.http.h2c.enabled,
      onRefused: (refusal) => service.log.info(refusal, 'a TLS client was refused'),
    });
    const { http1, http2 } = registryServer;
    /** Connections that another worker relays over. */
    const relayed = new WeakSet<object>();
    const relayListener = createRelayListener(command.relayKey, (socket: TLSSocket) => {
      relayed.add(socket);
      http1.emit('connection', socket);
    });
    const connections = trackConnections({ server: registryServer, listeners: [relayListener] });
    const answer: AppHandler = (request, response) => {
      if (relay) {
        // Never served here: who has seen this worker replaced relies on it (docs/architecture.md, Garbage collection).
        relay(request, response, () => service.refuse(request, response));
        return;
      }
      counts.begin(request, response);
      service.handler(request, response);
    };
    http1.on('request', (request, response) => {
      connections.begin(request, response);
      if (relayed.has(request.socket)) restoreOrigin(request);
      answer(request, response);
    });
    http2?.on('request', (request, response) => {
      connections.beginHttp2(request, response);
      answer(request, response);
    });
    const replacement = (): Relay => {
      return createRelay({
        port: relayPortOf(relayListener),
        key: command.relayKey,
        patience: relayPatience,
      });
    };
    running = { service, registryServer, connections, replacement, shared };
    await Promise.all(command.settings.map(apply));
    begun.resolve();
    if (command.standby) {
      send({ type: 'prepared' });
      await called.promise;
    }
    await listenForRelays(relayListener);
    report();
    send({ type: 'ready' });
  }

  async function apply(setting: Setting): Promise<void> {
    if (!running) return;
    const { topic, version } = setting;
    if (isAbout(setting, 'gate')) await running.service.gate.set(setting.value);
    if (isAbout(setting, 'tls') && setting.value) running.registryServer.use(setting.value);
    if (isAbout(setting, 'htpasswd')) running.service.updateAccess({ htpasswd: setting.value });
    if (isAbout(setting, 'tokenKeys')) running.service.updateAccess({ tokenKeys: setting.value });
    if (isAbout(setting, 'unhealthy')) running.service.updateUnhealthy(setting.value);
    send({ type: 'applied', topic, version });
  }

  async function drain({ replaced, limits }: Extract<Command, { type: 'drain' }>): Promise<void> {
    if (running) {
      // Asked only while its own end of the way is open, which tells the port.
      if (replaced) relay ??= running.replacement();
      const drained = running.connections.drain(limits);
      // Once replaced it stays so, also when all workers are told to end.
      takesRequests = relay === undefined;
      report();
      await drained;
      await running.service.flush();
      report();
    }
    exit(0);
  }

  /** It has been told to serve, or nobody would give it a connection. */
  function take(id: number, socket: Socket | undefined): void {
    if (socket) running?.registryServer.listener.emit('connection', socket);
    send({ type: 'taken', id });
  }

  async function handle(command: Command, socket?: Socket): Promise<void> {
    switch (command.type) {
      case 'start':
        return start(command);
      case 'serve':
        return called.resolve();
      case 'set':
        await begun.promise;
        return apply(command.setting);
      case 'verified':
        await begun.promise;
        return running?.shared.add(command.fingerprint);
      case 'connection':
        return take(command.id, socket);
      case 'report':
        return report();
      case 'purgeUploads':
        return running?.service.purgeUploads(command.options);
      case 'freeUndo':
        return running?.service.freeUndo();
      case 'drain':
        return drain(command);
    }
  }

  // Signals that reach the whole process group (Ctrl-C) are left to the supervisor, which drains the workers.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  // What Node itself tells the supervisor can meet its end, which `disconnect` ends this process for in a moment.
  cluster.worker?.on('error', () => {});
  process.on('message', (command: Command, socket?: Socket) => {
    handle(command, socket).catch((error: unknown) => {
      send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
      exit(1);
    });
  });
  send({ type: 'loaded' });
}

function send(message: Message): void {
  sendToParent(message);
}

/** Ends this process after what was sent to the supervisor has gone out. */
function exit(code: number): void {
  flushLogs();
  sendToParent({ type: 'ended' }, () => process.exit(code));
}

function valuesOf(settings: readonly Setting[]): Settings {
  return Object.fromEntries(settings.map(({ topic, value }) => [topic, value])) as unknown as Settings;
}

function isAbout<T extends Topic>(setting: Setting, topic: T): setting is Setting<T> {
  return setting.topic === topic;
}
