import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
  secretValue,
  waitForCondition,
} from '../support/kubernetes.ts';
import { nodeAddress } from '../support/machine.ts';
import { certsDirectory, openNodeTrust } from '../support/node-trust.ts';
import { type Access, RegistryClient } from '../support/registry-client.ts';
import { accessOf, createRegistry, registryObject } from '../support/registries.ts';

const namespace = 'e2e-node-trust';
const nodeTrust = openNodeTrust(namespace);

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

/** Pushes a new image and has the kubelet pull and run it; how the pod ends, or why the pull fails. */
async function pull(
  access: Access,
  pod: string,
  { plain = false, host = access.host }: { plain?: boolean; host?: string } = {},
): Promise<string> {
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
        auths: { [host]: { username: access.username, password: access.password } },
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
    image: `${host}/tools/oras:${pod}`,
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

  await nodeTrust.apply([entry('images', [nodeAddress()])]);
  await nodeTrust.waitFor('Ready', 'True');
  expect(await pull(await accessOf(namespace, 'images'), 'trusted')).toBe('ran');
  expect(readFileSync(join(nodeTrust.work, 'docker', host, 'ca.crt'), 'utf8')).toBe(
    (await accessOf(namespace, 'images')).ca,
  );

  const before = readFileSync(join(folder, 'ca.crt'), 'utf8');
  await kubectl(['delete', 'secret', 'images-ca', 'images-tls', '-n', namespace]);
  await eventually('the new CA on the node', async () => {
    const { ca } = await accessOf(namespace, 'images');
    return ca !== before && readFileSync(join(folder, 'ca.crt'), 'utf8') === ca;
  });
  await nodeTrust.waitFor('Ready', 'True');
  expect(await pull(await accessOf(namespace, 'images'), 'rotated')).toBe('ran');

  // Whoever owns the Registry cannot gain trust for another name.
  await apply({
    ...registryObject({ namespace, name: 'images', spec: { hostname: 'other.e2e.example' } }),
  });
  const refused = await nodeTrust.waitFor('Stalled', 'True');
  expect(condition(refused, 'Ready')).toMatchObject({ status: 'False', reason: 'HostnameNotListed' });
  await eventually('no trust for it', async () => !existsSync(folder));
  await apply(registryObject({ namespace, name: 'images' }));
  await nodeTrust.waitFor('Ready', 'True');

  await nodeTrust.remove();
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(join(nodeTrust.work, 'docker', host))).toBe(false);
  expect(existsSync(nodeTrust.record)).toBe(false);
  expect(await pull(await accessOf(namespace, 'images'), 'undone')).toContain('x509');
});

test('A4: without TLS a kubelet pulls over plain HTTP, and no more when the Registry goes', async () => {
  const access = await createPlain();
  const folder = join(certsDirectory, access.host);
  expect(await pull(access, 'untold', { plain: true })).toContain('HTTP response to HTTPS client');
  await nodeTrust.apply([entry('plain', [nodeAddress()])]);
  await nodeTrust.waitFor('Ready', 'True');
  expect(await pull(access, 'plain', { plain: true })).toBe('ran');
  expect(readdirSync(folder)).toEqual(['hosts.toml']);
  await kubectl(['delete', 'registry', 'plain', '-n', namespace]);
  await eventually('the folder is gone', async () => !existsSync(folder));
  const status = (await nodeTrust.waitFor('Stalled', 'True'))['status'];
  expect(status).toMatchObject({
    trusted: '0/1',
    registries: [{ trusted: false, reason: 'RegistryMissing' }],
  });
  await nodeTrust.remove();
});

async function createPlain(): Promise<Access> {
  await apply(registryObject({ namespace, name: 'plain', spec: { tls: { disabled: true } } }));
  const object = await waitForCondition({ kind: 'registry', namespace, name: 'plain' }, 'Ready');
  const host = String(at(object, 'status.url')).replace('http://', '');
  const password = await secretValue(namespace, 'plain-user-ci', 'password');
  return { host, ca: '', username: 'ci', password };
}

test('A4: a node that cannot look a hostname up pulls by it, from the address in hosts.toml', async () => {
  const hostname = 'pull.e2e-node-trust.example';
  const tls = { selfSigned: { ipAddresses: [nodeAddress()] } };
  const access = await createRegistry({ namespace, name: 'named', spec: { hostname, tls } });
  const host = access.host.replace(nodeAddress(), hostname);
  const registry = { ...entry('named', [hostname]) };
  await nodeTrust.apply([registry], { hostsFile: undefined });
  await nodeTrust.waitFor('Ready', 'True');
  expect(await pull(access, 'nowhere', { host })).toContain('no such host');
  await nodeTrust.apply([{ ...registry, address: { ip: nodeAddress() } }], { hostsFile: undefined });
  await eventually('the address on the node', async () =>
    readFileSync(join(certsDirectory, host, 'hosts.toml'), 'utf8').includes(
      `[host."https://${access.host}"]`,
    ),
  );
  await nodeTrust.waitFor('Ready', 'True');
  expect(await pull(access, 'named', { host })).toBe('ran');
  await nodeTrust.remove();
});
