import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../support/command.ts';
import { apply, at, kubectl } from '../../support/kubernetes.ts';
import type { Copy } from './copies.ts';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** What the specs of a life name: it is the same for every copy. */
export interface Fixtures {
  readonly authorities: readonly Pair[];
  readonly serving: readonly Pair[];
}

const ordinals = ['one', 'two'] as const;
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
    ...['one', 'two', 'three'].map((name) => `DNS:${name}.copy${index}.test`),
    `IP:10.77.0.1${index}`,
  ]);
  const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  const leaf = ['basicConstraints=critical,CA:FALSE', `subjectAltName=${names.join()}`];
  return {
    authorities: await Promise.all(ordinals.map((name) => certificate(`/CN=Authority ${name}`, authority))),
    serving: await Promise.all(ordinals.map((name) => certificate(`/CN=Serving ${name}`, leaf))),
  };
}

/** What the specs name beside namespaced objects; there is one of each for all copies. */
export async function createClusterFixtures(): Promise<void> {
  const standard: unknown = JSON.parse(await kubectl(['get', 'storageclass', 'standard', '-o', 'json']));
  const classes = ordinals.flatMap((name, index) => [
    {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: `life-${name}` },
      value: index + 1,
    },
    {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: `life-${name}` },
      handler: 'runc',
    },
  ]);
  await apply(
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'life-other' },
      provisioner: at(standard, 'provisioner'),
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    },
    ...classes,
  );
}

export async function deleteClusterFixtures(): Promise<void> {
  const names = ordinals.map((name) => `life-${name}`);
  for (const kind of ['priorityclass', 'runtimeclass']) {
    await kubectl(['delete', kind, ...names, '--ignore-not-found', '--wait=false']);
  }
  await kubectl(['delete', 'storageclass', 'life-other', '--ignore-not-found', '--wait=false']);
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
    const tls = ({ cert, key }: Pair): object => ({
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': cert, 'tls.key': key },
    });
    return [
      object('Secret', `password-${name}`, {
        stringData: { password: `password ${name}`, other: 'another one' },
      }),
      object('Secret', `users-${name}`, { stringData: { htpasswd: `${name}:${password}\n` } }),
      object('Secret', `settings-${name}`, { stringData: settings }),
      object('ConfigMap', `settings-${name}`, { data: settings }),
      object('Secret', `authorities-${name}`, { stringData: trusted }),
      object('ConfigMap', `authorities-${name}`, { data: trusted }),
      ...authorities.slice(index, index + 1).map((pair) => object('Secret', `authority-${name}`, tls(pair))),
      ...serving.slice(index, index + 1).map((pair) => object('Secret', `serving-${name}`, tls(pair))),
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
