import { createTransportClient, type Transport } from '../../../registry-image/src/http/transport-client.ts';
import { type RegistryProcess, startRegistryProcess } from '../../faults/registry-process.ts';
import { Registry } from './registry.ts';
import { removeSetupFiles, setupNames, setupOf, type SetupName } from './setups.ts';

/** The registry processes of one test file, each started when a check first needs it. */
export interface Pool {
  /** A client of its own for one check, of the registry with this setup. */
  connect(setup: SetupName): Promise<Registry>;
  /** Ends the registry of this setup, unless another one has its store. */
  release(setup: SetupName): Promise<void>;
  /** Closes the clients that were given out since the last call. */
  closeClients(): void;
  stop(): Promise<void>;
}

export function createPool(transport: Transport): Pool {
  const processes = new Map<SetupName, Promise<RegistryProcess>>();
  const clients = new Set<Registry>();

  async function processOf(name: SetupName): Promise<RegistryProcess> {
    const known = processes.get(name);
    if (known) return known;
    const started = start(name);
    processes.set(name, started);
    return started;
  }

  async function start(name: SetupName): Promise<RegistryProcess> {
    const { storeOf, ...options } = setupOf(name);
    const root = storeOf && (await processOf(storeOf)).root;
    return startRegistryProcess({ ...options, ...(root && { root }), tls: transport.endsWith('-tls') });
  }

  async function connect(name: SetupName, from?: Registry): Promise<Registry> {
    const { port, ca, root } = await processOf(name);
    const authority = `localhost:${port}`;
    const registry = new Registry({
      client: createTransportClient({ transport, authority, ca }),
      root,
      authority,
      at: (other, one) => connect(named(other), one),
      ...(from && { from }),
    });
    clients.add(registry);
    return registry;
  }

  async function release(name: SetupName): Promise<void> {
    const running = processes.get(name);
    if (!running || setupNames.some((other) => setupOf(other).storeOf === name)) return;
    processes.delete(name);
    await (await running).dispose();
  }

  function closeClients(): void {
    for (const { client } of clients) client.close();
    clients.clear();
  }

  async function stop(): Promise<void> {
    closeClients();
    const running = [...processes.values()];
    processes.clear();
    await Promise.all(running.map(async (started) => (await started.catch(() => undefined))?.dispose()));
    removeSetupFiles();
  }

  return { connect, release, closeClients, stop };
}

function named(name: string): SetupName {
  const found = setupNames.find((known) => known === name);
  if (!found) throw new Error(`there is no setup ${name}`);
  return found;
}
