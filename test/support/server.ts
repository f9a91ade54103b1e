import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { binaryPath } from '@wharfinger/embedded';
import { eventually } from './eventually.ts';
import { RegistryClient, type Access } from './registry-client.ts';

/** A registry that runs as a plain process on this machine: ours, or a peer. */
export interface Server {
  readonly kind: ServerKind;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export type ServerKind = 'wharfinger' | 'distribution 2.8.2' | 'distribution v3';

export interface ServerOptions {
  readonly kind: ServerKind;
  /** Root directory of the store. */
  readonly root: string;
  readonly tls?: { certificate: string; key: string };
  readonly htpasswd?: string;
  readonly workers?: number;
}

export function serverCommand(kind: ServerKind): string[] {
  if (kind === 'distribution 2.8.2') return ['docker-registry'];
  if (kind === 'distribution v3') return [binaryPath('registry')];
  return ['node', 'registry-image/src/main.ts'];
}

/** Writes a config.yml that every kind understands and returns its path. */
export function writeConfig({ kind, root, tls, htpasswd, workers }: ServerOptions, port: number): string {
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: root },
      delete: { enabled: true },
      cache: { blobdescriptor: 'inmemory' },
    },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: 'a secret of the tests',
      ...(tls ? { tls: { certificate: tls.certificate, key: tls.key } } : {}),
    },
    ...(htpasswd ? { auth: { htpasswd: { realm: 'tests', path: htpasswd } } } : {}),
    ...(kind === 'wharfinger' && workers ? { wharfinger: { workers } } : {}),
  };
  const file = join(mkdtempSync(join(tmpdir(), 'wharfinger-config-')), 'config.yml');
  writeFileSync(file, stringify(config));
  return file;
}

/** Starts a registry and waits until it listens. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const port = await freePort();
  const [file = '', ...args] = serverCommand(options.kind);
  const child = spawn(file, [...args, 'serve', writeConfig(options, port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  const scheme = options.tls ? 'https' : 'http';
  await eventually(
    `${options.kind} on ${scheme}://127.0.0.1:${port}`,
    async () => {
      if (child.exitCode !== null) throw new Error(`exited with ${child.exitCode}: ${stderr}`);
      return connects(port);
    },
    { timeoutMs: 20_000, everyMs: 50 },
  );
  return { kind: options.kind, port, pid: child.pid ?? 0, stop: () => stop(child) };
}

/** Starts a registry without TLS for as long as `work` needs it. */
export async function withServer<T>(
  options: Omit<ServerOptions, 'tls'>,
  work: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const server = await startServer(options);
  const client = new RegistryClient(plainAccess(server), { plain: true });
  try {
    return await work(client);
  } finally {
    client.close();
    await server.stop();
  }
}

/** How to reach a server that asks for no credentials. */
export function plainAccess({ port }: Server): Access {
  return { host: `127.0.0.1:${port}`, ca: '', username: 'any', password: 'any' };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(kill);
}

/** A TCP port of this machine that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function connects(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    // A TLS server cuts a plain request off: it listens all the same.
    (error: Error & { cause?: { code?: string } }) => error.cause?.code !== 'ECONNREFUSED',
  );
}
