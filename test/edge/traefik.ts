import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { createProgress, edgeGroup, ensureBinaries } from '@wharfinger/embedded';
import { eventually } from '../support/eventually.ts';
import { started } from '../support/started.ts';

export const ports = { terminate: 18_443, passthrough: 18_444 } as const;

/** The address that it tells in the status of each Ingress. */
export const edgeAddress = '192.0.2.44';

export interface Edge {
  stop(): Promise<void>;
}

/** Traefik as a process of this machine: the controller of all Ingresses of `namespace` and of the GatewayClass `edge`. */
export async function startTraefik(namespace: string): Promise<Edge> {
  const { traefik } = await ensureBinaries(edgeGroup, createProgress());
  const child = spawn(
    traefik,
    [
      '--log.level=ERROR',
      '--global.checknewversion=false',
      '--global.sendanonymoususage=false',
      '--experimental.kubernetesgateway=true',
      '--providers.kubernetesgateway=true',
      '--providers.kubernetesgateway.experimentalchannel=true',
      `--providers.kubernetesgateway.namespaces=${namespace}`,
      '--providers.kubernetesingress=true',
      `--providers.kubernetesingress.namespaces=${namespace}`,
      `--providers.kubernetesingress.ingressendpoint.ip=${edgeAddress}`,
      `--entrypoints.terminate.address=127.0.0.1:${ports.terminate}`,
      '--entrypoints.terminate.http.tls=true',
      `--entrypoints.passthrough.address=127.0.0.1:${ports.passthrough}`,
      // This release knows no BackendTLSPolicy.
      '--serverstransport.insecureskipverify=true',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, KUBECONFIG: started().kubeconfig } },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await ended;
    process.removeListener('exit', end);
  }

  try {
    await eventually('Traefik listens', () => listens(ports.terminate));
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${log}`, { cause: error });
  }
  return { stop };
}

async function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
