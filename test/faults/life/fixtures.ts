import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../support/command.ts';
import { apply } from '../../support/kubernetes.ts';
import type { Copy } from './copies.ts';

/** A certificate and its key, in PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** What the specs of a life name: it is the same for every copy. */
export interface Fixtures {
  readonly authorities: readonly Pair[];
  readonly serving: readonly Pair[];
}

export const ordinals = ['one', 'two'] as const;
const copies = 10;
const password = '$2b$05$GXlAHYTYVst8wx8RQMdj8O2Slm9ECr0uVApCzEwoeFordZhZBTPdy';

async function certificate(subject: string, extensions: readonly string[]): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), 'wharfinger-life-'));
  const [cert, key] = [join(folder, 'crt'), join(folder, 'key')];
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '500'];
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  try {
    await must([
      'openssl',
      'req',
      '-x509',
      ...algorithm,
      '-subj',
      subject,
      ...added,
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function createFixtures(): Promise<Fixtures> {
  const indexes = Array.from({ length: copies }, (_, index) => index);
  const names = indexes.flatMap((index) => [
    ...['one', 'two', 'three', 'outer'].map((name) => `DNS:${name}.copy${index}.test`),
    `IP:10.77.0.1${index}`,
  ]);
  const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  const leaf = ['basicConstraints=critical,CA:FALSE', `subjectAltName=${names.join()}`];
  return {
    authorities: await Promise.all(ordinals.map((name) => certificate(`/CN=Authority ${name}`, authority))),
    serving: await Promise.all(ordinals.map((name) => certificate(`/CN=Serving ${name}`, leaf))),
  };
}

export function tlsSecret(namespace: string, name: string, { cert, key }: Pair): object {
  // Who signed themselves are their own authority.
  const stringData = { 'tls.crt': cert, 'tls.key': key, 'ca.crt': cert };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name },
    type: 'kubernetes.io/tls',
    stringData,
  };
}

/** Signs with the CA in the Secret `authority-ORDINAL`. */
export function issuer(kind: 'Issuer' | 'ClusterIssuer', ordinal: string, namespace?: string): object {
  return {
    apiVersion: 'cert-manager.io/v1',
    kind,
    metadata: { name: `issuer-${ordinal}`, ...(namespace === undefined ? {} : { namespace }) },
    spec: { ca: { secretName: `authority-${ordinal}` } },
  };
}

/** Puts into the namespaces of a copy what its spec names. */
export async function fill(
  { namespace, namespaces }: Copy,
  { authorities, serving }: Fixtures,
): Promise<void> {
  const object = (kind: string, name: string, more: object): object => ({
    apiVersion: 'v1',
    kind,
    metadata: { namespace, name },
    ...more,
  });
  const bundle = authorities.map(({ cert }) => cert);
  const objects = ordinals.flatMap((name, index) => {
    const settings = { one: 'first', two: `second of ${name}` };
    const trusted = { 'ca.crt': bundle[index], 'more.crt': bundle.join('') };
    return [
      object('Secret', `password-${name}`, {
        stringData: { password: `password ${name}`, other: 'another one' },
      }),
      object('Secret', `users-${name}`, { stringData: { htpasswd: `${name}:${password}\n` } }),
      object('Secret', `settings-${name}`, { stringData: settings }),
      object('ConfigMap', `settings-${name}`, { data: settings }),
      object('Secret', `authorities-${name}`, { stringData: trusted }),
      object('ConfigMap', `authorities-${name}`, { data: trusted }),
      ...authorities.slice(index, index + 1).map((pair) => tlsSecret(namespace, `authority-${name}`, pair)),
      ...serving.slice(index, index + 1).map((pair) => tlsSecret(namespace, `serving-${name}`, pair)),
      issuer('Issuer', name, namespace),
      object('PersistentVolumeClaim', `brought-${name}`, {
        spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '64Mi' } } },
      }),
    ];
  });
  const accounts = namespaces.flatMap((within) =>
    ['builder', 'runner'].map((name) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: within, name },
    })),
  );
  await apply(...objects, ...accounts);
}
