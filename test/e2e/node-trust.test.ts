import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, must, words } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { fileLayer, image } from '../support/image.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  type KubeObject,
  secretValue,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { nodeAddress, stateDirectory } from '../support/machine.ts';
import { type Access, RegistryClient } from '../support/registry-client.ts';
import { accessOf, createRegistry, registryObject } from '../support/registries.ts';

const namespace = 'e2e-node-trust';
const nodes = 'wharfinger-system-nodes';
const name = 'e2e-trust';
/** Where the node's containerd looks for registries. */
const certsDirectory = join(stateDirectory, 'cluster', 'certs.d');
/** A node's other folders, apart from those of this machine. */
const work = join(stateDirectory, 'e2e-node-trust');
const record = join(stateDirectory, 'node-trust', `${name}.json`);
const hostname = 'images.e2e-node-trust.example';

beforeAll(async () => {
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'hosts'), '127.0.0.1\tlocalhost\n');
  await createNamespace(namespace);
});
afterAll(async () => {
  await kubectl(['delete', 'nodetrust', name, '--ignore-not-found', '--timeout=60s']);
  await deleteNamespace(namespace);
  rmSync(work, { recursive: true, force: true });
});

function trust(registries: object[], more: object = {}): object {
  return {
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'NodeTrust',
    metadata: { name },
    spec: {
      registries,
      containerd: { directories: [certsDirectory] },
      docker: { directory: join(work, 'docker') },
      hostsFile: { path: join(work, 'hosts') },
      ...more,
    },
  };
}

async function nodeTrust(): Promise<KubeObject> {
  return JSON.parse(await kubectl(['get', 'nodetrust', name, '-o', 'json'])) as KubeObject;
}

async function waitFor(type: string, status: string): Promise<KubeObject> {
  return eventually(
    `${type}=${status}`,
    async () => {
      const found = await nodeTrust();
      const one = condition(found, type);
      if (one?.status === status && one.observedGeneration === found.metadata.generation) return found;
      throw new Error(JSON.stringify(found['status'] ?? 'no status yet'));
    },
    { timeoutMs: 60_000 },
  );
}

function entry(registry: string, hostnames: string[], more: object = {}): object {
  return { namespace, name: registry, hostnames, ...more };
}

/** Pushes a new image and has the kubelet pull and run it; how the pod ends, or why the pull fails. */
async function pull(access: Access, pod: string, plain = false): Promise<string> {
  const client = new RegistryClient(access, { plain });
  const program = image([fileLayer('oras', readFileSync(binaryPath('oras')))], {
    command: ['/oras', 'version'],
  });
  await client.push('tools/oras', pod, program);
  client.close();
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name: pod, namespace },
    stringData: {
      '.dockerconfigjson': JSON.stringify({
        auths: { [access.host]: { username: access.username, password: access.password } },
      }),
    },
  });
  const securityContext = {
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  };
  const container = {
    name: 'main',
    image: `${access.host}/tools/oras:${pod}`,
    imagePullPolicy: 'Always',
    securityContext,
  };
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, namespace },
    spec: { restartPolicy: 'Never', imagePullSecrets: [{ name: pod }], containers: [container] },
  });
  return eventually(
    `pod ${pod}`,
    async () => {
      const found = await get('pod', namespace, pod);
      if (at(found, 'status.phase') === 'Succeeded') return 'ran';
      const waiting = at(found, 'status.containerStatuses[0].state.waiting') as
        { reason?: string; message?: string } | undefined;
      return /ErrImagePull|ImagePullBackOff/.test(waiting?.reason ?? '') && `refused: ${waiting?.message}`;
    },
    { timeoutMs: 60_000 },
  );
}

test('A4: a kubelet pulls by node trust alone, also after the CA changed, and not after it was undone', async () => {
  const { host } = await createRegistry({ namespace, name: 'images' });
  const folder = join(certsDirectory, host);
  expect(await pull(await accessOf(namespace, 'images'), 'before')).toContain('x509');

  await apply(trust([entry('images', [nodeAddress()])]));
  await waitFor('Ready', 'True');
  expect(await pull(await accessOf(namespace, 'images'), 'trusted')).toBe('ran');
  expect(readFileSync(join(work, 'docker', host, 'ca.crt'), 'utf8')).toBe(
    (await accessOf(namespace, 'images')).ca,
  );

  const before = readFileSync(join(folder, 'ca.crt'), 'utf8');
  await kubectl(['delete', 'secret', 'images-ca', 'images-tls', '-n', namespace]);
  await eventually('the new CA on the node', async () => {
    const { ca } = await accessOf(namespace, 'images');
    return ca !== before && readFileSync(join(folder, 'ca.crt'), 'utf8') === ca;
  });
  await waitFor('Ready', 'True');
  expect(await pull(await accessOf(namespace, 'images'), 'rotated')).toBe('ran');

  // Whoever owns the Registry cannot gain trust for another name.
  await apply({
    ...registryObject({ namespace, name: 'images', spec: { hostname: 'other.e2e.example' } }),
  });
  const refused = await waitFor('Stalled', 'True');
  expect(condition(refused, 'Ready')).toMatchObject({ status: 'False', reason: 'HostnameNotListed' });
  await eventually('no trust for it', async () => !existsSync(folder));
  await apply(registryObject({ namespace, name: 'images' }));
  await waitFor('Ready', 'True');

  await kubectl(['delete', 'nodetrust', name, '--timeout=60s']);
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(join(work, 'docker', host))).toBe(false);
  expect(existsSync(record)).toBe(false);
  expect(await pull(await accessOf(namespace, 'images'), 'undone')).toContain('x509');
});

test('A4: without TLS a kubelet pulls over plain HTTP, and no more when the Registry goes', async () => {
  const access = await createPlain();
  const folder = join(certsDirectory, access.host);
  expect(await pull(access, 'untold', true)).toContain('HTTP response to HTTPS client');
  await apply(trust([entry('plain', [nodeAddress()])]));
  await waitFor('Ready', 'True');
  expect(await pull(access, 'plain', true)).toBe('ran');
  expect(readdirSync(folder)).toEqual(['hosts.toml']);
  await kubectl(['delete', 'registry', 'plain', '-n', namespace]);
  await eventually('the folder is gone', async () => !existsSync(folder));
  const status = (await waitFor('Stalled', 'True'))['status'];
  expect(status).toMatchObject({
    trusted: '0/1',
    registries: [{ trusted: false, reason: 'RegistryMissing' }],
  });
  await kubectl(['delete', 'nodetrust', name, '--timeout=60s']);
});

async function createPlain(): Promise<Access> {
  await apply(registryObject({ namespace, name: 'plain', spec: { tls: { disabled: true } } }));
  const object = await waitForCondition({ kind: 'registry', namespace, name: 'plain' }, 'Ready');
  const host = String(at(object, 'status.url')).replace('http://', '');
  const password = await secretValue(namespace, 'plain-user-ci', 'password');
  return { host, ca: '', username: 'ci', password };
}

test('A4: a node without a name service gets an address in hosts.toml or its hosts file; what others wrote is left alone', async () => {
  const spec = { hostname, service: { type: 'ClusterIP' } };
  await apply(registryObject({ namespace, name: 'named', spec }));
  const address = { clusterIP: true };
  await apply(trust([entry('named', [hostname], { address })]));
  await waitFor('Ready', 'True');
  const ip = String(at(await get('service', namespace, 'named'), 'spec.clusterIP'));
  expect(readFileSync(join(work, 'hosts'), 'utf8')).toBe(
    `127.0.0.1\tlocalhost\n${ip}\t${hostname}\t# wharfinger NodeTrust ${name}\n`,
  );
  expect(readdirSync(certsDirectory).filter((folder) => folder.startsWith(hostname))).toEqual([
    hostname,
    `${hostname}:443`,
  ]);

  // Somebody else's file in the place of one of ours.
  const foreign = join(certsDirectory, hostname, 'hosts.toml');
  writeFileSync(foreign, '# mine\n');
  const trouble = await waitFor('Stalled', 'True');
  expect(condition(trouble, 'Ready')?.message).toContain(`${foreign} is not what this NodeTrust wrote`);
  expect(at(trouble, 'status.converged')).toBe('0/1');
  expect(readFileSync(foreign, 'utf8')).toBe('# mine\n');
  await kubectl(['delete', 'nodetrust', name, '--timeout=60s']);
  expect(readFileSync(foreign, 'utf8')).toBe('# mine\n');
  expect(readdirSync(join(certsDirectory, hostname))).toEqual(['hosts.toml']);
  expect(existsSync(join(certsDirectory, `${hostname}:443`))).toBe(false);
  expect(readFileSync(join(work, 'hosts'), 'utf8')).toBe('127.0.0.1\tlocalhost\n');
  rmSync(join(certsDirectory, hostname), { recursive: true });
});

test('A4: the store of a Debian node takes up a CA that is bound to its hostname, and no other', async () => {
  const [root, layers] = [join(work, 'root'), join(work, 'layers')];
  for (const folder of [root, layers]) mkdirSync(folder, { recursive: true });
  // This machine's own system, with every change kept apart from it.
  await must(['mount', '-t', 'tmpfs', 'tmpfs', layers]);
  for (const folder of ['upper', 'scratch']) mkdirSync(join(layers, folder));
  const options = `lowerdir=/,upperdir=${layers}/upper,workdir=${layers}/scratch`;
  await must(['mount', '-t', 'overlay', 'overlay', '-o', options, root]);
  try {
    await storeTest(root);
  } finally {
    await kubectl(['delete', 'nodetrust', name, '--ignore-not-found', '--timeout=90s']);
    await must(['umount', root, layers]);
  }
});

async function storeTest(root: string): Promise<void> {
  const bundle = join(root, 'etc/ssl/certs/ca-certificates.crt');
  const before = readFileSync(bundle, 'utf8');
  await givenRegistry(
    'bound',
    `nameConstraints=critical,permitted;DNS:bound.${hostname},permitted;IP:0.0.0.0/255.255.255.255`,
  );
  await givenRegistry('unbound', '');
  const entries = ['bound', 'unbound'].map((one) => entry(one, [`${one}.${hostname}`]));
  await apply(trust(entries, { systemStore: { family: 'Debian', root }, containerd: { directories: [] } }));
  const refused = await waitFor('Stalled', 'True');
  expect(condition(refused, 'Ready')).toMatchObject({ reason: 'UnboundCA' });
  const [bound, unbound] = [await caOf('bound'), await caOf('unbound')];
  await eventually('the CA in the store', async () => readFileSync(bundle, 'utf8').includes(bound));
  expect(readFileSync(bundle, 'utf8')).not.toContain(unbound);
  // The real verifier of the node's system, with nothing but its store.
  const leaf = join(work, 'bound.crt');
  expect(
    (await execute(['chroot', root, 'openssl', 'verify', '-CApath', '/etc/ssl/certs', leaf])).stdout,
  ).toContain('OK');
  await kubectl(['delete', 'nodetrust', name, '--timeout=90s']);
  expect(readFileSync(bundle, 'utf8')).toBe(before);
  const links = readdirSync(join(root, 'etc/ssl/certs')).filter((link) => link.startsWith('wharfinger'));
  expect(links).toEqual([]);
}

async function caOf(registry: string): Promise<string> {
  const map = await get('configmap', namespace, `${registry}-ca`);
  return (at(map, 'data') as Record<string, string>)['ca.crt'] ?? '';
}

/** A Registry with a certificate of somebody's own CA. */
async function givenRegistry(registry: string, extension: string): Promise<void> {
  const [key, ca, leafKey, request, leaf] = ['ca.key', 'ca.crt', 'key', 'csr', 'crt'].map((end) =>
    join(work, `${registry}.${end}`),
  ) as [string, string, string, string, string];
  const days = words`-days 2 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes`;
  const constraints = extension === '' ? [] : ['-addext', extension];
  await must([
    ...words`openssl req -x509 -subj /CN=${registry} ${days} -keyout ${key} -out ${ca}`,
    ...constraints,
  ]);
  const host = `${registry}.${hostname}`;
  const curve = words`-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes`;
  const names = `subjectAltName=DNS:${host}`;
  await must(
    words`openssl req -subj /CN=${host} ${curve} -addext ${names} -keyout ${leafKey} -out ${request}`,
  );
  await must(
    words`openssl x509 -req -in ${request} -CA ${ca} -CAkey ${key} -days 1 -copy_extensions copy -out ${leaf}`,
  );
  await apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: `${registry}-given`, namespace },
      stringData: {
        'tls.crt': readFileSync(leaf, 'utf8'),
        'tls.key': readFileSync(leafKey, 'utf8'),
        'ca.crt': readFileSync(ca, 'utf8'),
      },
    },
    registryObject({
      namespace,
      name: registry,
      spec: {
        hostname: host,
        replicas: 0,
        service: { type: 'ClusterIP' },
        tls: { secretName: `${registry}-given` },
      },
    }),
  );
}

test('A4: public names, wild defaults and changes that would leave files behind are refused', async () => {
  const attempt = async (object: object): Promise<string> =>
    (await tryKubectl(['apply', '--dry-run=server', '-f', '-'], JSON.stringify(object))).stderr;
  for (const wrong of ['docker.io', 'my.azurecr.io', '123.dkr.ecr.eu-west-1.amazonaws.com', 'ghcr.io'])
    expect(await attempt(trust([entry('images', [wrong])]))).toContain('the name of a public registry');
  expect(await attempt(trust([entry('images', ['_default'])]))).toContain('not a DNS name or IP address');
  await apply(trust([]));
  expect(await attempt(trust([], { docker: undefined }))).toContain('docker cannot change or go');
  expect(await attempt(trust([], { containerd: { directories: ['/etc/../x'] } }))).toContain('not a path');
  await waitFor('Ready', 'True');
  await kubectl(['delete', 'nodetrust', name, '--timeout=60s']);
  await eventually('its pods go', async () => !(await kubectl(['get', 'pods', '-n', nodes])).includes(name));
});
