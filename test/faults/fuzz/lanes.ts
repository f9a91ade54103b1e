import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { connect } from 'node:tls';
import { type RegistryProcess, startRegistryProcess } from '../registry-process.ts';
import type { Lane } from './player.ts';
import { basic } from './spoils.ts';
import type { Target } from './wire.ts';

/** The registries that are fuzzed, and the ways to reach them. */
export interface Lanes {
  readonly registries: readonly RegistryProcess[];
  readonly lanes: readonly Lane[];
  stop(): Promise<void>;
}

/** Starts two registries: one that is open to everybody over plain HTTP, and one with TLS, users and access rules. */
export async function startLanes(only?: readonly string[]): Promise<Lanes> {
  const registries: RegistryProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const registry of registries) await registry.dispose();
  };
  try {
    const compatibility = { schema1: { enabled: true } };
    const open = await startRegistryProcess({ config: { compatibility }, http: { h2c: { enabled: true } } });
    registries.push(open);
    const users = ['alice', 'bob'].map((user) => htpasswdLine(user)).join('\n');
    const guarded = await startRegistryProcess({
      tls: true,
      files: { htpasswd: `${users}\n` },
      config: ({ directory }) => ({
        compatibility,
        auth: { htpasswd: { realm: 'faults', path: `${directory}/htpasswd` } },
        wharfinger: {
          access: [
            { users: ['alice'], repositories: ['**'], actions: ['*'] },
            // So that this registry gives tokens too.
            { anonymous: true, repositories: ['public/**'], actions: ['pull'] },
            { users: ['bob'], repositories: ['fz/**'], actions: ['pull'] },
          ],
        },
      }),
    });
    registries.push(guarded);
    const lanes = await lanesOf(open, guarded);
    return { registries, lanes: lanes.filter(({ name }) => !only || only.includes(name)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function lanesOf(open: RegistryProcess, guarded: RegistryProcess): Promise<Lane[]> {
  const plain: Target = { port: open.port, secure: false, ca: '' };
  const secure: Target = { port: guarded.port, secure: true, ca: guarded.ca };
  const authorization = basic('alice:alice');
  const protocol = await negotiated(secure);
  if (protocol !== 'h2') throw new Error(`the registry chose ${String(protocol)} by ALPN and not h2`);
  return [
    { name: 'plain', target: plain, protocol: 'http1' },
    { name: 'h2c', target: plain, protocol: 'http2' },
    { name: 'tls', target: secure, protocol: 'http1', authorization },
    { name: 'h2', target: secure, protocol: 'http2', authorization },
  ];
}

function htpasswdLine(user: string): string {
  const program = resolve('registry-image/src/htpasswd.ts');
  return execFileSync(process.execPath, [program, '-Bbn', user, user], { encoding: 'utf8' }).trim();
}

function negotiated({ port, ca }: Target): Promise<string | false | null> {
  return new Promise((done, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ca,
      servername: 'localhost',
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      done(socket.alpnProtocol);
      socket.destroy();
    });
  });
}
