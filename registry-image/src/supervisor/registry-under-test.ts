import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RegistryState } from '../config/state.ts';
import { createTransportClient, type Transport, type TransportClient } from '../http/transport-client.ts';

/** A `registry serve` of its own in a temporary directory, with TLS, a state endpoint and mounted-like files. */
export interface RegistryUnderTest {
  readonly directory: string;
  readonly child: ChildProcess;
  /** Trusts the registry's certificate, keeps connections alive. */
  readonly agent: Agent;
  /** Where it listens, as it told. */
  readonly address: string;
  readonly port: number;
  readonly output: () => string;
  /** The first certificate and its key. */
  readonly serving: { 'tls.crt': string; 'tls.key': string };
  /** Writes what a ConfigMap or Secret mount would hold, swapped at once by the symlink `..data`. */
  mount(name: 'maintenance' | 'tls' | 'auth', files: Readonly<Record<string, string>>): void;
  state(): Promise<RegistryState>;
  stateUntil(condition: (state: RegistryState) => boolean, limit?: number): Promise<RegistryState>;
  statePort: number;
  stateAgent: Agent;
  call(options: RequestOptions, body?: string): Promise<Answer>;
  /** A client that trusts the first certificate; `own` is the client's own. */
  client(transport: Transport, own?: { cert: string; key: string }): TransportClient;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Setup {
  /** Laid over the usual config, section by section; `http` and `wharfinger` key by key. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Laid over the usual `http.tls`. */
  readonly tls?: Readonly<Record<string, unknown>>;
  /** The authority of client certificates, which lies beside the certificate as ca.crt. */
  readonly clientCa?: string;
  readonly maintenance?: Readonly<Record<string, string>>;
  readonly htpasswd?: string;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A new self-signed certificate for localhost and its key. */
export function makeCertificate(directory: string, name: string): { 'tls.crt': string; 'tls.key': string } {
  const [key, certificate] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      .concat(['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'])
      .concat(['-keyout', key, '-out', certificate]),
    { stdio: 'ignore' },
  );
  return { 'tls.crt': readFileSync(certificate, 'utf8'), 'tls.key': readFileSync(key, 'utf8') };
}

/** Writes files into a directory as the kubelet does. */
export function mountFiles(directory: string, files: Readonly<Record<string, string>>): void {
  const version = mkdtempSync(join(directory, '..v'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(version, name), text);
    // Never gone for a moment: who looks just then would take the file for deleted.
    const link = join(directory, name);
    if (!lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) {
      rmSync(link, { force: true });
      symlinkSync(join('..data', name), link);
    }
  }
  const link = join(directory, '..data_tmp');
  symlinkSync(version, link);
  renameSync(link, join(directory, '..data'));
}

/** One HTTPS request without any retry; rejects also when the answer is cut. */
export function call(options: RequestOptions, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: 'localhost', ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Starts a registry and resolves when all its workers listen. */
export async function startRegistry(setup: Setup = {}): Promise<RegistryUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'registry-'));
  const serving = makeCertificate(directory, 'serving');
  const internal = makeCertificate(directory, 'internal');
  for (const name of ['maintenance', 'tls', 'auth', 'data']) mkdirSync(join(directory, name));
  const mount: RegistryUnderTest['mount'] = (name, files) => mountFiles(join(directory, name), files);
  mount('tls', { ...serving, ...(setup.clientCa !== undefined && { 'ca.crt': setup.clientCa }) });
  if (setup.maintenance) mount('maintenance', setup.maintenance);
  if (setup.htpasswd !== undefined) mount('auth', { htpasswd: setup.htpasswd });
  writeFileSync(join(directory, 'config.yml'), JSON.stringify(configOf(directory, setup)));
  const child = spawn(process.execPath, [main, 'serve', join(directory, 'config.yml')], {
    env: { PATH: process.env['PATH'] ?? '', POD_NAME: 'pod-0', REGISTRY_HTTP_SECRET: 'for tests' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const stop: RegistryUnderTest['stop'] = async (signal = 'SIGTERM') => {
    child.kill(signal);
    const code = await exited;
    rmSync(directory, { recursive: true, force: true });
    return code;
  };
  const listening = (): RegExpMatchArray[] => [
    ...output.matchAll(/"worker listening".* address="?([^ "]+:(\d+)|[^ "]+)/g),
  ];
  const started = await eventually(() => listening().length >= 2 || child.exitCode !== null, 25_000);
  if (!started || child.exitCode !== null) {
    await stop('SIGKILL');
    throw new Error(output);
  }
  const agent = new Agent({ keepAlive: true, ca: serving['tls.crt'] });
  const [, address = '', port] = listening()[0] ?? [];
  const statePort = Number(/"state endpoint listening".* address="127\.0\.0\.1:(\d+)"/.exec(output)?.[1]);
  const stateAgent = new Agent({
    ca: internal['tls.crt'],
    cert: internal['tls.crt'],
    key: internal['tls.key'],
  });
  const state = async (): Promise<RegistryState> => {
    return JSON.parse(
      (await call({ port: statePort, path: '/state', agent: stateAgent })).text,
    ) as RegistryState;
  };
  return {
    directory,
    child,
    serving,
    agent,
    address,
    port: Number(port),
    statePort,
    stateAgent,
    output: () => output,
    mount,
    state,
    async stateUntil(condition, limit = 5_000) {
      let last = await state();
      const deadline = Date.now() + limit;
      while (!condition(last)) {
        if (Date.now() > deadline) throw new Error(`the state is still ${JSON.stringify(last)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        last = await state();
      }
      return last;
    },
    call: (options, body) => call({ port, agent, ...options }, body),
    client(transport, own) {
      const authority = `localhost:${port}`;
      return createTransportClient({ transport, authority, ca: serving['tls.crt'], ...own });
    },
    stop,
  };
}

function configOf(directory: string, setup: Setup): object {
  const auth = { htpasswd: { realm: 'test', path: join(directory, 'auth/htpasswd') } };
  return {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    log: { accesslog: { disabled: true } },
    ...(setup.htpasswd !== undefined && { auth }),
    ...setup.config,
    wharfinger: {
      maintenance: { directory: join(directory, 'maintenance') },
      state: {
        addr: '127.0.0.1:0',
        certificate: join(directory, 'internal.crt'),
        key: join(directory, 'internal.key'),
        clientca: join(directory, 'internal.crt'),
      },
      ...(setup.config?.['wharfinger'] as object | undefined),
    },
    http: {
      addr: '127.0.0.1:0',
      draintimeout: '5s',
      tls: {
        certificate: join(directory, 'tls/tls.crt'),
        key: join(directory, 'tls/tls.key'),
        ...(setup.clientCa !== undefined && { clientcas: [join(directory, 'tls/ca.crt')] }),
        ...setup.tls,
      },
      ...(setup.config?.['http'] as object | undefined),
    },
  };
}

/** True as soon as the condition holds, false when it does not within `limit` ms. */
export async function eventually(condition: () => boolean, limit = 5_000): Promise<boolean> {
  const deadline = Date.now() + limit;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
