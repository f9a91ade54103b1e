import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lastLines } from '../../process/run.ts';
import { waitFor } from '../../process/wait.ts';
import type { Component } from '../component.ts';
import type { Layout } from '../layout.ts';
import { answers, isHealthy } from './health.ts';
import { identify, isAlive } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { recordProcess } from './process-table.ts';

/** A component that did not come up. The message ends with the last lines of its log. */
export class ComponentFailure extends Error {
  override readonly name = 'ComponentFailure';
  readonly component: Component['name'];
  readonly log: string;

  constructor(component: Component['name'], reason: string, log: string) {
    super(`${reason}\n${log}`);
    this.component = component;
    this.log = log;
  }
}

/** Names everything that a start of `component` depends on. */
export function fingerprint({ command, args, env, files }: Component): string {
  return createHash('sha256')
    .update(JSON.stringify([command, args, env, files]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Starts `component` so that it outlives this process, records it, and waits until it is healthy.
 * Throws ComponentFailure when it ends or is not healthy in time.
 */
export async function startComponent(component: Component, layout: Layout): Promise<void> {
  await requireFreePlace(component);
  const identity = await launch(component, layout);
  const ready = async (): Promise<boolean> => {
    if (!isAlive(identity)) throw new Error(`${component.name} ended right after its start`);
    return await isHealthy(component.health);
  };
  try {
    await waitFor(ready, { what: `${component.name}'s health`, timeoutMs: component.startTimeoutMs });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ComponentFailure(component.name, reason, readLogTail(component, layout));
  }
}

/** Milliseconds in which a predecessor's sockets must be gone. */
const releaseTimeoutMs = 5_000;

/** A stranger that answers in the component's place would be taken for it. */
async function requireFreePlace({ name, health }: Component): Promise<void> {
  if (health.kind === 'process') return;
  // A process that was just ended may be a zombie to /proc while its last threads still hold its sockets.
  const isFree = async (): Promise<boolean> => !(await answers(health));
  const free = await waitFor(isFree, { what: name, timeoutMs: releaseTimeoutMs }).then(
    () => true,
    () => false,
  );
  if (free) return;
  const place = health.kind === 'socket' ? health.path : new URL(health.url).host;
  throw new ComponentFailure(
    name,
    `${name} cannot start: another program listens on ${place}`,
    'End it first.',
  );
}

/** The file that `component` writes its output to. */
function logFile(name: Component['name'], layout: Layout): string {
  return join(layout.logs, `${name}.log`);
}

async function launch(component: Component, layout: Layout): Promise<ProcessIdentity> {
  const directories = [layout.logs, ...component.directories, ...Object.keys(component.files).map(dirname)];
  for (const directory of new Set(directories)) await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(component.files)) await writeFile(path, content);
  const log = logFile(component.name, layout);
  if (existsSync(log)) renameSync(log, `${log}.previous`);
  const output = openSync(log, 'a');
  const child = spawn(component.command, component.args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: searchPath(), HOME: '/root', ...component.env },
  });
  closeSync(output);
  const identity = await new Promise<ProcessIdentity | undefined>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new Error(`${component.command} cannot be started: ${error.message}`)),
    );
    child.on('spawn', () => resolve(identify(child.pid ?? 0)));
  });
  child.unref();
  if (!identity) {
    throw new ComponentFailure(
      component.name,
      `${component.name} ended at once`,
      readLogTail(component, layout),
    );
  }
  recordProcess(layout.processes, { name: component.name, fingerprint: fingerprint(component), ...identity });
  return identity;
}

function readLogTail(component: Component, layout: Layout): string {
  const file = logFile(component.name, layout);
  return `The last lines of ${file}:\n${lastLines(readFileSync(file, 'utf8'), 30)}`;
}

/** Root's search path may lack the sbin directories, which the components' helpers are in. */
function searchPath(): string {
  const system = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return [
    ...new Set([...(process.env['PATH'] ?? '').split(':').filter((part) => part.startsWith('/')), ...system]),
  ].join(':');
}
