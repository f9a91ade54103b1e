import { createConnection } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import type { KubeObject, ServedRegistry } from '@wharfinger/operator';
import { createMemoryCluster, type MemoryCluster } from '../../operator/src/registry/memory-cluster.ts';
import type { Flags } from './command-line/flags.ts';
import { loginsOf } from './registry/credentials.ts';
import { createRegistryClient } from './registry/registry-client.ts';
import { trustOf } from './registry/trust.ts';
import type { Session } from './session.ts';

/** For tests: a Session on a cluster in memory, whose registry is a real one on a port of this machine. */
export interface TestSession extends Session {
  readonly memory: MemoryCluster;
  /** What came out on standard output, and on standard error. */
  readonly results: string[];
  readonly lines: string[];
  /** Questions asked. */
  readonly questions: string[];
}

export interface TestSessionOptions {
  readonly port?: number;
  readonly flags?: Flags;
  readonly spec?: object;
  /** Answer to questions; undefined: there is no terminal. */
  readonly agrees?: boolean;
}

const namespace = 'ns';

export function testRegistry(name = 'store', spec: object = {}): ServedRegistry {
  return {
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'Registry',
    metadata: { name, namespace, uid: `uid-${name}`, generation: 1 },
    spec: { hostname: 'localhost', tls: { disabled: true }, ...spec },
  } as unknown as ServedRegistry;
}

export function testSecret(name: string, data: Readonly<Record<string, string>>): KubeObject {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { metadata: { name, namespace }, data: Object.fromEntries(encoded) as unknown } as KubeObject;
}

export function createTestSession(options: TestSessionOptions = {}): TestSession {
  const { port = 0, flags = {}, spec, agrees } = options;
  const memory = createMemoryCluster();
  const cluster = { client: memory.client, namespace };
  const registry = testRegistry('store', spec);
  memory.put('registries', registry);
  const results: string[] = [];
  const lines: string[] = [];
  const questions: string[] = [];
  return {
    cluster,
    memory,
    registry,
    flags,
    results,
    lines,
    questions,
    terminal: {
      result: (text) => void results.push(text.trimEnd()),
      progress: (line) => void lines.push(line),
      confirm: async (question) => {
        questions.push(question);
        return agrees;
      },
    },
    async withRegistry(work) {
      const client = createRegistryClient({
        dial: async () => streamTo(port),
        hostname: registry.spec.hostname,
        trust: await trustOf(cluster, registry, flags['registry-ca']),
        logins: loginsOf(cluster, registry, flags.credentials),
      });
      try {
        return await work(client);
      } finally {
        client.close();
      }
    },
  };
}

/** A stream to a port that is no socket, like those through an API server. */
function streamTo(port: number): Duplex {
  const [near, far] = duplexPair();
  const socket = createConnection(port, '127.0.0.1');
  far.pipe(socket).pipe(far);
  socket.on('error', (error) => near.destroy(error));
  near.on('close', () => socket.destroy());
  return near;
}
