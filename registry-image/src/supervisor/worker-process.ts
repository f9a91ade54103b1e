import type { RequestListener } from 'node:http';
import type { Config } from '../config/schema.ts';
import type { ControlledGate } from '../registry/gate.ts';
import { countRequests } from '../telemetry/request-counts.ts';
import { flushLogs } from '../telemetry/log.ts';
import { sendToParent } from './channel.ts';
import { listen } from './listen.ts';
import { type Connections, trackConnections } from './connections.ts';
import type { Command, Message, Setting, Settings, Topic } from './protocol.ts';
import { createRelay, type Relay } from './relay.ts';
import { createRegistryServer, type RegistryServer } from './registry-server.ts';

/** What a worker serves, and what of it can change while it serves. */
export interface Service {
  readonly handler: RequestListener;
  readonly gate: ControlledGate;
  updateHtpasswd(text: string): void;
  /** What is wrong with the storage, '' when nothing is. */
  storageProblem(): string;
}

export interface ServiceInput {
  readonly config: Config;
  readonly version: string;
  readonly htpasswd: string | null;
}

interface Running {
  readonly service: Service;
  readonly registryServer: RegistryServer;
  readonly connections: Connections;
  readonly encrypted: boolean;
}

/** Does what the supervisor commands; see protocol.ts. The process ends by `process.exit`. */
export function runWorker(createService: (input: ServiceInput) => Promise<Service>): void {
  let running: Running | undefined;
  let takesRequests = true;
  let relay: Relay | undefined;
  const counts = countRequests();
  /** Resolves when the settings of `start` hold, so that a later one never meets them halfway. */
  const begun = Promise.withResolvers<void>();

  function report(): void {
    if (!running) return;
    const { connections, service } = running;
    send({
      type: 'report',
      report: {
        requestsInFlight: connections.requestsInFlight,
        takesRequests,
        heldWrites: service.gate.held,
        storage: service.storageProblem(),
        requests: counts.take(),
      },
    });
  }

  async function start(command: Extract<Command, { type: 'start' }>): Promise<void> {
    const { config } = command;
    const settings = valuesOf(command.settings);
    const service = await createService({ config, version: command.version, htpasswd: settings.htpasswd });
    const registryServer = createRegistryServer({
      tls: settings.tls,
      minimumtls: config.http.tls?.minimumtls,
    });
    const { server } = registryServer;
    const serveRequest: RequestListener = (request, response) => {
      counts.begin(request, response);
      service.handler(request, response);
    };
    const encrypted = settings.tls !== null;
    const connections = trackConnections({ server, encrypted });
    server.on('request', (request, response) => {
      connections.begin(request, response);
      if (relay) relay(request, response, serveRequest);
      else serveRequest(request, response);
    });
    running = { service, registryServer, connections, encrypted };
    await Promise.all(command.settings.map(apply));
    begun.resolve();
    const address = await listen(server, config.http.addr, 'http.addr', config.http.net);
    report();
    send({ type: 'ready', address });
  }

  async function apply(setting: Setting): Promise<void> {
    if (!running) return;
    const { topic, version } = setting;
    if (isAbout(setting, 'gate')) await running.service.gate.set(setting.value);
    if (isAbout(setting, 'tls') && setting.value) running.registryServer.use(setting.value);
    if (isAbout(setting, 'htpasswd') && setting.value !== null) running.service.updateHtpasswd(setting.value);
    send({ type: 'applied', topic, version });
  }

  async function drain(replaced: boolean): Promise<void> {
    if (running) {
      if (replaced) relay = createRelay(running.registryServer.server.address(), running.encrypted);
      const drained = running.connections.drain();
      takesRequests = !replaced;
      report();
      await drained;
      report();
    }
    exit(0);
  }

  async function handle(command: Command): Promise<void> {
    switch (command.type) {
      case 'start':
        return start(command);
      case 'set':
        await begun.promise;
        return apply(command.setting);
      case 'report':
        return report();
      case 'drain':
        return drain(command.replaced);
    }
  }

  // Signals that reach the whole process group (Ctrl-C) are left to the supervisor, which drains the workers.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('message', (command: Command) => {
    handle(command).catch((error: unknown) => {
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
