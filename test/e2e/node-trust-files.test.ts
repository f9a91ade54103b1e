import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, must, words } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  type KubeObject,
  tryKubectl,
} from '../support/kubernetes.ts';
import { certsDirectory, openNodeTrust } from '../support/node-trust.ts';
import { registryObject } from '../support/registries.ts';

const namespace = 'e2e-node-trust-files';
const name = namespace;
const hostname = 'images.e2e-node-trust.example';
const nodeTrust = openNodeTrust(name);

beforeAll(async () => {
  await createNamespace(namespace);
});
afterAll(async () => {
  await nodeTrust.close();
  await deleteNamespace(namespace);
});

function entry(registry: string, hostnames: string[], more: object = {}): object {
  return { namespace, name: registry, hostnames, ...more };
}

test('A4: a node without a name service gets an address in hosts.toml or its hosts file; what others wrote is left alone', async () => {
  const spec = { hostname, service: { type: 'ClusterIP' } };
  await apply(registryObject({ namespace, name: 'named', spec }));
  const address = { clusterIP: true };
  await nodeTrust.apply([entry('named', [hostname], { address })]);
  await nodeTrust.waitFor('Ready', 'True');
  const ip = String(at(await get('service', namespace, 'named'), 'spec.clusterIP'));
  expect(readFileSync(join(nodeTrust.work, 'hosts'), 'utf8')).toBe(
    `127.0.0.1\tlocalhost\n${ip}\t${hostname}\t# wharfinger NodeTrust ${name}\n`,
  );
  expect(readdirSync(certsDirectory).filter((folder) => folder.startsWith(hostname))).toEqual([
    hostname,
    `${hostname}:443`,
  ]);

  // Somebody else's file in the place of one of ours.
  const foreign = join(certsDirectory, hostname, 'hosts.toml');
  writeFileSync(foreign, '# mine\n');
  const trouble = await nodeTrust.waitFor('Stalled', 'True');
  expect(condition(trouble, 'Ready')?.message).toContain(`${foreign} is not what this NodeTrust wrote`);
  expect(at(trouble, 'status.converged')).toBe('0/1');
  expect(readFileSync(foreign, 'utf8')).toBe('# mine\n');
  await nodeTrust.remove();
  expect(readFileSync(foreign, 'utf8')).toBe('# mine\n');
  expect(readdirSync(join(certsDirectory, hostname))).toEqual(['hosts.toml']);
  expect(existsSync(join(certsDirectory, `${hostname}:443`))).toBe(false);
  expect(readFileSync(join(nodeTrust.work, 'hosts'), 'utf8')).toBe('127.0.0.1\tlocalhost\n');
  rmSync(join(certsDirectory, hostname), { recursive: true });
});

test('A4: the store of a Debian node takes up a CA that is bound to its hostname, and no other', async () => {
  const [root, layers] = [join(nodeTrust.work, 'root'), join(nodeTrust.work, 'layers')];
  for (const folder of [root, layers]) mkdirSync(folder, { recursive: true });
  // This machine's own system, with every change kept apart from it.
  await must(['mount', '-t', 'tmpfs', 'tmpfs', layers]);
  for (const folder of ['upper', 'scratch']) mkdirSync(join(layers, folder));
  const options = `lowerdir=/,upperdir=${layers}/upper,workdir=${layers}/scratch`;
  await must(['mount', '-t', 'overlay', 'overlay', '-o', options, root]);
  try {
    await storeTest(root);
  } finally {
    await nodeTrust.remove();
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
  await nodeTrust.apply(entries, {
    systemStore: { family: 'Debian', root },
    containerd: { directories: [] },
  });
  const refused = await nodeTrust.waitFor('Stalled', 'True');
  expect(condition(refused, 'Ready')).toMatchObject({ reason: 'UnboundCA' });
  const [bound, unbound] = [await caOf('bound'), await caOf('unbound')];
  await eventually('the CA in the store', async () => readFileSync(bundle, 'utf8').includes(bound));
  expect(readFileSync(bundle, 'utf8')).not.toContain(unbound);
  // The real verifier of the node's system, with nothing but its store.
  const leaf = join(nodeTrust.work, 'bound.crt');
  expect(
    (await execute(['chroot', root, 'openssl', 'verify', '-CApath', '/etc/ssl/certs', leaf])).stdout,
  ).toContain('OK');
  await nodeTrust.remove();
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
    join(nodeTrust.work, `${registry}.${end}`),
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
    expect(await attempt(nodeTrust.manifest([entry('images', [wrong])]))).toContain(
      'the name of a public registry',
    );
  expect(await attempt(nodeTrust.manifest([entry('images', ['_default'])]))).toContain(
    'not a DNS name or IP address',
  );
  await nodeTrust.apply([]);
  expect(await attempt(nodeTrust.manifest([], { docker: undefined }))).toContain(
    'docker cannot change or go',
  );
  expect(await attempt(nodeTrust.manifest([], { containerd: { directories: ['/etc/../x'] } }))).toContain(
    'not a path',
  );
  await nodeTrust.waitFor('Ready', 'True');
  await nodeTrust.remove();
  await eventually(
    'its pods go',
    async () => !(await kubectl(['get', 'pods', '-n', 'wharfinger-system-nodes'])).includes(name),
  );
});

test('A4: of pods that see a node the operator may make that of NodeTrusts alone', async () => {
  await nodeTrust.apply([]);
  const { daemonSet, pod, container } = await eventually('its DaemonSet', async () => {
    const live = await get('daemonset', 'wharfinger-system-nodes', name);
    const template = at(live, 'spec.template.spec') as {
      volumes: object[];
      containers: { securityContext: object }[];
    };
    return { daemonSet: live, pod: template, container: template.containers[0] };
  });
  const account = 'system:serviceaccount:wharfinger-system:wharfinger';
  const attempt = async (changed: object): Promise<string> => {
    const { apiVersion, kind, spec } = daemonSet as unknown as {
      apiVersion: string;
      kind: string;
      spec: object;
    };
    const metadata = { name: 'other', namespace: 'wharfinger-system-nodes' };
    const template = { ...(at(spec, 'template') as object), spec: { ...pod, ...changed } };
    const text = JSON.stringify({ apiVersion, kind, metadata, spec: { ...spec, template } });
    const { stdout, stderr } = await tryKubectl(
      ['create', '--dry-run=server', '--as', account, '-f', '-'],
      text,
    );
    return stdout + stderr;
  };
  expect(await attempt({})).toContain('created');
  expect(await attempt({ hostPID: true, shareProcessNamespace: false })).toContain(
    'share no namespace of the kernel',
  );
  const secret = { name: 'x', secret: { secretName: 'x' } };
  expect(await attempt({ volumes: [...pod.volumes, secret] })).toContain('ConfigMaps alone');
  const containers = (more: object): object => ({ containers: [{ ...container, ...more }] });
  expect(await attempt(containers({ image: 'other:1' }))).toContain('its own image alone');
  expect(await attempt(containers({ command: ['node'] }))).toContain('node-trust-agent alone');
  const privileged = { ...container?.securityContext, privileged: true, allowPrivilegeEscalation: true };
  expect(await attempt(containers({ securityContext: privileged }))).toContain('no more capabilities');
  await nodeTrust.remove();
});

test('A4: an operator that starts without the kind looks after Registries, and takes NodeTrusts up when it comes', async () => {
  const crd = 'nodetrusts.wharfinger.dev';
  const found = JSON.parse(await kubectl(['get', 'crd', crd, '-o', 'json'])) as KubeObject;
  const { labels, annotations } = found.metadata as { labels?: object; annotations?: object };
  const definition = { ...found, metadata: { name: crd, labels, annotations }, status: undefined };
  await kubectl(['delete', 'crd', crd, '--timeout=30s']);
  try {
    const operators = ['-n', 'wharfinger-system', '-l', 'app.kubernetes.io/name=wharfinger'];
    await kubectl(['delete', 'pods', ...operators]);
    await apply(registryObject({ namespace, name: 'meanwhile', spec: { replicas: 0 } }));
    await eventually('its URL', async () => at(await get('registry', namespace, 'meanwhile'), 'status.url'));
  } finally {
    await kubectl(['create', '-f', '-'], JSON.stringify(definition));
  }
  await kubectl(['wait', '--for=condition=Established', `crd/${crd}`, '--timeout=30s']);
  await nodeTrust.apply([]);
  await nodeTrust.waitFor('Ready', 'True');
  await nodeTrust.remove();
});
