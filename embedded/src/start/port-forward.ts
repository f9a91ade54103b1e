import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { identify, isAlive } from '../cluster/supervisor/process-identity.ts';
import type { ProcessIdentity } from '../cluster/supervisor/process-identity.ts';
import { stopProcess } from '../cluster/supervisor/stop-process.ts';
import { lastLines } from '../process/run.ts';
import { waitFor } from '../process/wait.ts';
import { StartFailure } from './failure.ts';
import { clusterArguments } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';

/** A `kubectl port-forward` that goes on after the command that started it. */
interface PortForward extends ProcessIdentity {
  readonly port: number;
}

const recordName = 'port-forward.json';
const timeoutMs = 15_000;

/**
 * Forwards a port of 127.0.0.1 to the port named `registry` of a Service, by a process that outlives this one: the one that
 * `directory` knows if it still runs, else a new one on the same port.
 * @returns the port on 127.0.0.1
 */
export async function ensurePortForward(
  cluster: Kubectl,
  namespace: string,
  service: string,
  directory: string,
): Promise<number> {
  const known = readRecord(directory);
  if (known && isAlive(known) && (await accepts(known.port))) return known.port;
  if (known) await endPortForward(directory);
  const log = join(directory, 'port-forward.log');
  const target = [`service/${service}`, `${known?.port ?? ''}:registry`];
  const pid = launch(
    cluster,
    ['port-forward', '--address', '127.0.0.1', '--namespace', namespace, ...target],
    log,
  );
  const identity = identify(pid);
  const port = await waitFor(
    () => {
      const text = readFileSync(log, 'utf8');
      const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (found !== undefined) return Number(found);
      if (identity && isAlive(identity)) return undefined;
      throw new StartFailure(`kubectl port-forward to ${service} ended: ${lastLines(text, 3)}`, log);
    },
    { what: `a port forwarded to ${service}`, timeoutMs },
  );
  await writeFile(join(directory, recordName), JSON.stringify({ ...identity, port }));
  return port;
}

/** Ends the forwarding that `directory` knows, if any. */
export async function endPortForward(directory: string): Promise<void> {
  const known = readRecord(directory);
  if (known && isAlive(known)) await stopProcess(known, 2_000);
  rmSync(join(directory, recordName), { force: true });
}

function launch(cluster: Kubectl, args: readonly string[], log: string): number {
  const output = openSync(log, 'w', 0o600);
  const stdio = ['ignore', output, output] as const;
  const child = spawn(cluster.binary, [...clusterArguments(cluster), ...args], {
    detached: true,
    stdio: [...stdio],
  });
  closeSync(output);
  child.on('error', () => {});
  child.unref();
  if (child.pid === undefined) throw new StartFailure(`${cluster.binary} cannot be run.`, cluster.binary);
  return child.pid;
}

function readRecord(directory: string): PortForward | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, recordName), 'utf8')) as PortForward;
  } catch {
    return undefined;
  }
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
