import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryState } from '../../../registry-image/src/config/index.ts';
import { call, makeCertificate } from '../../../registry-image/src/supervisor/registry-under-test.ts';
import { freePort, type RegistryProcess, startRegistryProcess } from '../registry-process.ts';
import { directoryVariable, slownessVariable } from './kill-order.ts';

/** A registry whose maintenance files somebody writes, started anew whenever its supervisor has died, as a kubelet does. */
export interface MaintainedRegistry {
  readonly process: RegistryProcess;
  /** Where the kill switch and the campaign meet. */
  readonly orders: string;
  /** False while there is no supervisor whose workers all listen. */
  readonly ready: boolean;
  /** What its state endpoint answers; null when it does not. */
  state(): Promise<RegistryState | null>;
  /** Makes `collection.json` say this; null: there is none. */
  order(text: string | null): void;
  /** Ends it gracefully. @returns what is wrong with the processes that it left, a sentence each */
  stop(): Promise<string[]>;
  dispose(): Promise<void>;
}

/** Milliseconds in which the state endpoint is to answer, as the operator has it. */
const answerLimit = 2_000;
/** Milliseconds in which what a supervisor left behind is to end. */
const orphanLimit = 30_000;

export async function startMaintainedRegistry(options: {
  /** Of the store, which belongs to the caller. */
  root: string;
  /** Milliseconds by which each change of the collector is held up. */
  slowness?: number;
  main: string;
}): Promise<MaintainedRegistry> {
  const orders = mkdtempSync(join(tmpdir(), 'wharfinger-kills-'));
  const maintenance = join(orders, 'maintenance');
  mkdirSync(maintenance);
  symlinkSync('..data/collection.json', join(maintenance, 'collection.json'));
  const { 'tls.crt': certificate, 'tls.key': key } = makeCertificate(orders, 'internal');
  const addr = `127.0.0.1:${await freePort()}`;
  const certificates = {
    certificate: join(orders, 'internal.crt'),
    key: join(orders, 'internal.key'),
    clientca: join(orders, 'internal.crt'),
  };
  const registry = await startRegistryProcess({
    root: options.root,
    main: options.main,
    storage: { maintenance: { uploadpurging: { enabled: false } } },
    config: { wharfinger: { maintenance: { directory: maintenance }, state: { addr, ...certificates } } },
    env: {
      NODE_OPTIONS: `--import=${new URL('./kill-switch.ts', import.meta.url).href}`,
      [directoryVariable]: orders,
      [slownessVariable]: String(options.slowness ?? 0),
    },
  });
  const agent = new Agent({ keepAlive: true, ca: certificate, cert: certificate, key });
  const groups = [registry.pid];
  let ready = true;
  let ending = false;
  const kept = keepRunning();

  async function keepRunning(): Promise<void> {
    for (;;) {
      await sleep(20);
      if (ending) return;
      if (isAlive(registry.pid)) continue;
      ready = false;
      await registry.start();
      groups.push(registry.pid);
      ready = true;
    }
  }

  async function end(): Promise<void> {
    ending = true;
    await kept;
    agent.destroy();
  }

  return {
    process: registry,
    orders,
    get ready() {
      return ready && isAlive(registry.pid);
    },
    async state() {
      const signal = AbortSignal.timeout(answerLimit);
      try {
        const port = Number(addr.slice(addr.indexOf(':') + 1));
        return JSON.parse((await call({ port, path: '/state', agent, signal })).text) as RegistryState;
      } catch {
        return null;
      }
    },
    order: (text) => project(maintenance, text),
    async stop() {
      await end();
      const code = await registry.stop();
      const problems = code === 0 ? [] : [`the registry ended with ${code}`];
      const deadline = Date.now() + orphanLimit;
      for (const group of groups) {
        while (isAlive(-group) && Date.now() < deadline) await sleep(50);
        if (!isAlive(-group)) continue;
        problems.push(`processes of the supervisor ${group}, which has ended, still run`);
        process.kill(-group, 'SIGKILL');
      }
      return problems;
    },
    async dispose() {
      await end();
      await registry.dispose();
      rmSync(orders, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Swaps the text as the kubelet does: nobody ever sees a moment without it, which would take the order back. */
function project(directory: string, text: string | null): void {
  const version = mkdtempSync(join(directory, '..v'));
  if (text !== null) writeFileSync(join(version, 'collection.json'), text);
  const link = join(directory, '..data_tmp');
  symlinkSync(version, link);
  renameSync(link, join(directory, '..data'));
}

/** @param pid negative: of any process of the group */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
