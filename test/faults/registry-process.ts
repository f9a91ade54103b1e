import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '../support/eventually.ts';

/** A `registry serve` (supervisor and two workers) on a root of its own, that can be killed and started again on it. */
export interface RegistryProcess {
  /** Holds the config and, unless another root was given, the store. */
  readonly directory: string;
  readonly root: string;
  readonly scheme: 'http' | 'https';
  /** The certificate to trust; '' without TLS. */
  readonly ca: string;
  /** Another one after each start. */
  readonly port: number;
  /** Pid of the supervisor, and of its process group. */
  readonly pid: number;
  /** The end of what all processes have logged since the first start, at most `logLimit` characters. */
  output(): string;
  /** Pids of the supervisor's children, in ascending order. */
  workers(): Promise<number[]>;
  /** @param storage replaces the section's keys for this start */
  start(storage?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Kills supervisor and workers at once with SIGKILL. */
  killGroup(): Promise<void>;
  /** Ends it gracefully, with SIGKILL after 20 s; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** `stop`, then removes `directory`. */
  dispose(): Promise<void>;
}

type Section = Readonly<Record<string, unknown>>;

export interface RegistryProcessOptions {
  /** Sections of config.yml that replace the defaults below. */
  readonly config?: Section | ((made: { directory: string }) => Section);
  readonly http?: Readonly<Record<string, unknown>>;
  readonly storage?: Readonly<Record<string, unknown>>;
  /** Directory of the store instead of one in `directory`. */
  readonly root?: string;
  readonly tls?: boolean;
  /** Texts of files in `directory`, which `config` can name when it is a function. */
  readonly files?: Readonly<Record<string, string>>;
  /** Directory of a control group that the processes are put into. */
  readonly cgroup?: string;
  /** The program instead of that of this clone. */
  readonly main?: string;
  /** Beside what every registry is given. */
  readonly env?: Readonly<Record<string, string>>;
}

const mainOfClone = resolve('registry-image/src/main.ts');
const logLimit = 4_000_000;

/** Starts a registry; resolves when both workers listen. */
export async function startRegistryProcess(options: RegistryProcessOptions = {}): Promise<RegistryProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'wharfinger-faults-'));
  const root = options.root ?? join(directory, 'data');
  mkdirSync(root, { recursive: true });
  const ca = options.tls ? makeCertificate(directory) : '';
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(directory, name), text);
  let child: ChildProcess | undefined;
  let exited: Promise<number | null> = Promise.resolve(null);
  let output = '';
  let port = 0;

  async function start(storage = options.storage): Promise<void> {
    port = await freePort();
    const config = configOf({ ...options, storage, directory, root, port });
    writeFileSync(join(directory, 'config.yml'), JSON.stringify(config));
    const listening = (): number => output.split('"worker listening"').length;
    const before = listening();
    const [file, ...args] = commandOf(join(directory, 'config.yml'), options);
    const begun = spawn(file ?? '', args, {
      env: {
        PATH: process.env['PATH'] ?? '',
        POD_NAME: 'faults-0',
        REGISTRY_HTTP_SECRET: 'for the faults',
        ...options.env,
      },
      detached: true,
    });
    child = begun;
    running.set(begun, directory);
    exited = new Promise((done) => begun.once('exit', done));
    void exited.then(() => running.delete(begun));
    for (const stream of [begun.stdout, begun.stderr]) {
      stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-logLimit)));
    }
    await eventually(
      'the registry listens',
      async () => {
        if (begun.exitCode !== null || begun.signalCode !== null) throw new Error(output.slice(-2000));
        return listening() >= before + 2;
      },
      { timeoutMs: 60_000, everyMs: 20 },
    );
  }

  async function killGroup(): Promise<void> {
    killGroupOf(child);
    await exited;
  }

  async function stop(): Promise<number | null> {
    const timer = setTimeout(() => killGroupOf(child), 20_000);
    child?.kill('SIGTERM');
    const code = await exited;
    clearTimeout(timer);
    return code;
  }

  const registry: RegistryProcess = {
    directory,
    root,
    scheme: options.tls ? 'https' : 'http',
    ca,
    get port() {
      return port;
    },
    get pid() {
      return child?.pid ?? 0;
    },
    output: () => output,
    workers: () => childrenOf(child?.pid ?? 0),
    start,
    killGroup,
    stop,
    async dispose() {
      await stop();
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    await start();
  } catch (error) {
    await killGroup();
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  return registry;
}

/** Everything that was started here and still runs, and its directory: gone when this process ends by itself. */
const running = new Map<ChildProcess, string>();
process.once('exit', () => {
  for (const [child, directory] of running) {
    killGroupOf(child);
    rmSync(directory, { recursive: true, force: true });
  }
});

function killGroupOf(child: ChildProcess | undefined): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, 'SIGKILL');
}

/** The shell enters the control group before it becomes the supervisor, so that every process is in it from the start. */
function commandOf(
  config: string,
  { cgroup, main = mainOfClone }: Pick<RegistryProcessOptions, 'cgroup' | 'main'>,
): string[] {
  // It ends with this process, even when that is killed.
  const command = ['setpriv', '--pdeathsig', 'KILL', process.execPath, main, 'serve', config];
  if (cgroup === undefined) return command;
  return ['sh', '-c', `echo $$ > '${cgroup}/cgroup.procs' && exec "$@"`, 'sh', ...command];
}

function configOf(
  options: RegistryProcessOptions & { directory: string; root: string; port: number },
): object {
  const { directory, root, port } = options;
  return {
    version: 0.1,
    log: { accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: root }, delete: { enabled: true }, ...options.storage },
    http: {
      addr: `127.0.0.1:${port}`,
      draintimeout: '5s',
      ...(options.tls && {
        tls: { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') },
      }),
      ...options.http,
    },
    ...(typeof options.config === 'function' ? options.config({ directory }) : options.config),
  };
}

function makeCertificate(directory: string): string {
  const [key, certificate] = [join(directory, 'tls.key'), join(directory, 'tls.crt')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      .concat(['-subj', '/CN=faults', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'])
      .concat(['-keyout', key, '-out', certificate]),
    { stdio: 'ignore' },
  );
  return readFileSync(certificate, 'utf8');
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
    .sort((a, b) => a - b);
}

/** A port of 127.0.0.1 on which nobody listens now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
