import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { nodeAddress } from '../support/machine.ts';
import { RegistryClient, type Access } from '../support/registry-client.ts';
import { createRegistry, registryObject } from '../support/registries.ts';

const namespace = 'e2e-tls';
const name = 'own';
const folder = mkdtempSync(join(tmpdir(), 'wharfinger-tls-'));
const one = image([randomLayer()]);
let access: Access;

beforeAll(async () => {
  await createNamespace(namespace);
  access = await createRegistry({ namespace, name });
  const client = new RegistryClient(access);
  await client.push('app', 'v1', one);
  client.close();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await deleteNamespace(namespace);
});

async function pulls(client: RegistryClient): Promise<void> {
  await eventually('a pull', () => client.pull('app', 'v1', one).then(() => true), { timeoutMs: 60_000 });
  client.close();
}

test('A3: a certificate of the user’s own is served as it is, and nobody is told of a CA that is not used', async () => {
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const subject = ['-subj', '/CN=own', '-addext', `subjectAltName=IP:${nodeAddress()}`];
  const files = ['-keyout', key, '-out', certificate];
  await must([
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...files,
    ...subject,
  ]);
  await kubectl(['create', 'secret', 'tls', 'mine', '-n', namespace, '--cert', certificate, '--key', key]);
  await apply(registryObject({ namespace, name, spec: { tls: { secretName: 'mine' } } }));
  await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
  await pulls(new RegistryClient({ ...access, ca: readFileSync(certificate, 'utf8') }));
  await eventually(
    'removal of the ConfigMap of the CA',
    async () => (await tryKubectl(['get', 'configmap', `${name}-ca`, '-n', namespace])).status !== 0,
  );
});

test('A3: TLS is off when that is said', async () => {
  await apply(registryObject({ namespace, name, spec: { tls: { disabled: true } } }));
  const ready = await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
  expect(String(at(ready, 'status.url'))).toMatch(/^http:/);
  await pulls(new RegistryClient(access, { plain: true }));
});

test('A3, A4: back to the operator’s own certificates, the CA is the one that clients trust already', async () => {
  await apply(registryObject({ namespace, name }));
  await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
  await pulls(new RegistryClient(access));
});

test('A13: what the user brought, and the data, outlive the Registry', async () => {
  await kubectl(['delete', 'registry', name, '-n', namespace]);
  await eventually(
    'removal of the StatefulSet',
    async () => (await tryKubectl(['get', 'statefulset', name, '-n', namespace])).status !== 0,
  );
  expect((await get('secret', namespace, 'mine')).metadata.name).toBe('mine');
  expect(at(await get('pvc', namespace, `${name}-data`), 'metadata.deletionTimestamp')).toBeUndefined();
});
