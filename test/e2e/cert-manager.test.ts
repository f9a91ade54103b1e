import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { connectCluster } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { installCertManager, type CertManager } from '../support/cert-manager.ts';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  type KubeObject,
  kubectl,
  list,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { nodeAddress } from '../support/machine.ts';
import { accessOf, registryObject } from '../support/registries.ts';
import { RegistryClient, type Access } from '../support/registry-client.ts';
import { pulling, pushing } from '../support/traffic.ts';

const namespace = 'e2e-cert-manager';
const name = 'team-a';
const operator = 'system:serviceaccount:wharfinger-system:wharfinger';
const registry = { kind: 'registry', namespace, name };
const folder = mkdtempSync(join(tmpdir(), 'wharfinger-cert-manager-'));
const [keyFile, caFile] = [join(folder, 'ca.key'), join(folder, 'ca.crt')];
const one = image([randomLayer()]);
let certManager: CertManager | undefined;

/** A Registry whose certificate the Issuer `internal` signs. */
function object(more: Record<string, unknown> = {}): ReturnType<typeof registryObject> {
  const certManager = { issuerRef: { name: 'internal' }, duration: '2160h', ...more };
  return registryObject({ namespace, name, spec: { tls: { certManager } } });
}

async function waitForReason(reason: string): Promise<string> {
  const found = await eventually(
    reason,
    async () => {
      const one = await get('registry', namespace, name);
      const certificate = condition(one, 'CertificateReady');
      if (certificate?.reason === reason) return { one, certificate };
      throw new Error(JSON.stringify(one['status']));
    },
    { timeoutMs: 60_000 },
  );
  expect(found.certificate.status).toBe('False');
  return found.certificate.message;
}

async function access(): Promise<Access> {
  return { ...(await accessOf(namespace, name)), ca: readFileSync(caFile, 'utf8') };
}

/** The certificate that a client with nothing but the Issuer's CA is shown. */
async function served({ host, ca }: Access): Promise<{ fingerprint: string; names: string }> {
  const [address, port] = host.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: Number(port), ca }, () => {
      const { fingerprint256, subjectaltname } = socket.getPeerCertificate();
      socket.end();
      resolve({ fingerprint: fingerprint256, names: subjectaltname ?? '' });
    });
    socket.on('error', reject);
  });
}

async function isGone(kind: string, object: string): Promise<true | undefined> {
  const { status, stderr } = await tryKubectl(['get', kind, object, '-n', namespace]);
  return status !== 0 && stderr.includes('NotFound') ? true : undefined;
}

async function podUids(): Promise<string[]> {
  const pods: KubeObject[] = await list('pods', namespace, `app.kubernetes.io/instance=${name}`);
  return pods.map(({ metadata }) => metadata.uid).sort();
}

beforeAll(async () => {
  await createNamespace(namespace);
  const output = ['-keyout', keyFile, '-out', caFile, '-subj', '/CN=Internal CA', '-days', '2'];
  await must(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...output]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await kubectl(['delete', 'registry', '--all', '-n', namespace]);
  await certManager?.remove();
  await deleteNamespace(namespace);
});

test.each([
  [{ keyAlgorithm: 'ECDSA', keySize: 2048 }, 'keySize does not go with keyAlgorithm'],
  [{ duration: '24h', renewBefore: '24h' }, 'renewBefore must be shorter than duration'],
  [{ duration: '30m' }, 'out of range; give a duration from 1h'],
  [{ issuerRef: {} }, 'issuerRef.name'],
])('A3: %j is refused with a sentence that names the field', async (more, sentence) => {
  const { status, stderr } = await tryKubectl(['apply', '-f', '-'], JSON.stringify(object(more)));
  expect(status).not.toBe(0);
  expect(stderr).toContain('spec.tls.certManager');
  expect(stderr).toContain(sentence);
});

test('A3: without cert-manager the Registry says so, and it goes on as soon as cert-manager comes', async () => {
  await apply(object());
  expect(await waitForReason('CertManagerMissing')).toMatch(/^spec\.tls\.certManager: .* install it/);
  expect(condition(await get('registry', namespace, name), 'Stalled')?.status).toBe('True');
  // A pod without a certificate could only wait.
  expect(await isGone('statefulset', name)).toBe(true);
  certManager = await installCertManager();
  const message = await waitForReason('IssuerMissing');
  expect(message).toContain('Issuer internal');
  expect(message).toContain('not found');
});

test('A3: a CA Issuer signs, and who trusts its CA pushes and pulls', async () => {
  await kubectl([
    'create',
    'secret',
    'tls',
    'internal-ca',
    '-n',
    namespace,
    '--cert',
    caFile,
    '--key',
    keyFile,
  ]);
  await apply({
    apiVersion: 'cert-manager.io/v1',
    kind: 'Issuer',
    metadata: { namespace, name: 'internal' },
    spec: { ca: { secretName: 'internal-ca' } },
  });
  await waitForCondition(registry, 'Ready');
  const published = await accessOf(namespace, name);
  const own = await access();
  expect(published.ca.trim()).toBe(own.ca.trim());
  const { names } = await served(own);
  expect(names).toContain(nodeAddress());
  expect(names).toContain(`DNS:${name}.${namespace}.svc.cluster.local`);
  const client = new RegistryClient(own);
  await client.push('app', 'v1', one);
  await client.pull('app', 'v1', one);
  client.close();
});

test('A15: the operator may neither make nor delete a Certificate that belongs to no Registry', async () => {
  const foreign = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { namespace, name: 'foreign' },
    spec: { secretName: 'foreign', dnsNames: ['foreign.example'], issuerRef: { name: 'nobody' } },
  };
  const made = await tryKubectl(['create', '-f', '-', `--as=${operator}`], JSON.stringify(foreign));
  expect(made.status).not.toBe(0);
  expect(made.stderr).toContain('must belong to a Registry');
  await apply(foreign);
  const deleted = await tryKubectl(['delete', 'certificate', 'foreign', '-n', namespace, `--as=${operator}`]);
  expect(deleted.status).not.toBe(0);
  expect(deleted.stderr).toContain('may change and delete only what it made');
  await kubectl(['delete', 'certificate', 'foreign', '-n', namespace]);
});

test('A3: a Certificate that is as it should be is not written again, whatever cert-manager made of it', async () => {
  const { auditLog } = await connectCluster();
  const since = new Date().toISOString();
  for (const round of [1, 2, 3]) {
    await kubectl([
      'annotate',
      '--overwrite',
      'registry',
      name,
      '-n',
      namespace,
      `example.com/round=${round}`,
    ]);
    await sleep(1000);
  }
  const seen: string[] = [];
  for await (const { verb, objectRef } of auditOf(auditLog, operator, since))
    if (objectRef?.namespace === namespace) seen.push(`${verb} ${objectRef.resource}`);
  // It did look.
  expect(seen).toContain('get secrets');
  expect(seen.filter((call) => /^(create|patch|update|delete) /.test(call))).toEqual([]);
});

test('A3, A5: a renewal is taken up while clients push and pull, and no request fails', async () => {
  const own = await access();
  const before = await served(own);
  const pods = await podUids();
  const clients = [new RegistryClient(own), new RegistryClient(own)] as const;
  const traffic = [pulling(clients[0], 'app', 'v1', one), pushing(clients[1], 'app')];
  // What `cmctl renew` does.
  const issuing = { type: 'Issuing', status: 'True', reason: 'ManuallyTriggered', message: 'by a test' };
  const { conditions } = (await get('certificate', namespace, name))['status'] as { conditions: object[] };
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z/, 'Z');
  const status = { conditions: [...conditions, { ...issuing, lastTransitionTime }] };
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
  await kubectl(['patch', 'certificate', name, '-n', namespace, ...patch]);
  const after = await eventually(
    'another certificate',
    async () => {
      const now = await served(own);
      return now.fingerprint === before.fingerprint ? undefined : now;
    },
    { timeoutMs: 60_000 },
  );
  await eventually('the new fingerprint in the status', async () => {
    const found = String(at(await get('registry', namespace, name), 'status.certificate.fingerprint'));
    return found === after.fingerprint.replaceAll(':', '').toLowerCase();
  });
  await waitForCondition(registry, 'Ready');
  for (const one of traffic) {
    const { operations, failures } = await one.stop();
    expect(failures).toEqual([]);
    expect(operations).toBeGreaterThan(10);
  }
  for (const client of clients) client.close();
  expect(await podUids()).toEqual(pods);
});

test('A3: another name is in the certificate without a new pod, and what others change is put right', async () => {
  const own = await access();
  const pods = await podUids();
  await apply(object({ dnsNames: ['alias.example'], keyAlgorithm: 'ECDSA' }));
  await waitForCondition(registry, 'Ready');
  expect((await served(own)).names).toContain('DNS:alias.example');
  expect(await podUids()).toEqual(pods);
  const patch = JSON.stringify({ spec: { issuerRef: { name: 'another' } } });
  await kubectl(['patch', 'certificate', name, '-n', namespace, '--type=merge', '-p', patch]);
  await eventually(
    'the issuer of the spec',
    async () => at(await get('certificate', namespace, name), 'spec.issuerRef.name') === 'internal',
  );
});

test('A3: with another source the Certificate and its key go, and they go with the Registry', async () => {
  await apply(registryObject({ namespace, name }));
  await eventually('removal of the Certificate', () => isGone('certificate', name), { timeoutMs: 90_000 });
  await eventually('removal of its Secret', () => isGone('secret', `${name}-cert-manager-tls`));
  await waitForCondition(registry, 'Ready');
  const client = new RegistryClient(await accessOf(namespace, name));
  await client.pull('app', 'v1', one);
  client.close();

  await apply(object());
  await eventually('the Certificate', () => get('certificate', namespace, name));
  await waitForCondition(registry, 'Ready');
  await kubectl(['delete', 'registry', name, '-n', namespace]);
  await eventually('removal of the Certificate', () => isGone('certificate', name));
  await eventually('removal of its Secret', () => isGone('secret', `${name}-cert-manager-tls`));
});
