import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  list,
  waitForCondition,
} from '../support/kubernetes.ts';
import { type Access, RegistryClient } from '../support/registry-client.ts';
import { createRegistry, registryObject } from '../support/registries.ts';
import { pulling, pushing, repeat, type RunningTraffic } from '../support/traffic.ts';
import { followTrust, type TrustFollower } from '../support/trust-follower.ts';

const namespace = 'e2e-rotation';
const name = 'rolling';
const operatorNamespace = 'wharfinger-system';
const one = image([randomLayer()]);
/** Long enough for a client that looks every second on a busy machine. */
const overlapSeconds = 12;
let access: Access;

const spec = (...users: string[]): Record<string, unknown> => ({
  replicas: 2,
  auth: { htpasswd: { users: users.map((user) => ({ name: user })) } },
  storage: { filesystem: { volume: { size: '1Gi', accessModes: ['ReadWriteMany'] } } },
  tls: { selfSigned: { ca: { keySize: 2048 } }, trustOverlap: `${overlapSeconds}s` },
});

beforeAll(async () => {
  await createNamespace(namespace);
  access = await createRegistry({ namespace, name, spec: spec('ci') });
  const client = new RegistryClient(access);
  await client.push('app', 'v1', one);
  client.close();
});
afterAll(() => deleteNamespace(namespace));

/** The traffic of clients that open a connection for each operation, trusting what is published at that time. */
function onNewConnections(
  follower: TrustFollower,
  operation: (client: RegistryClient) => Promise<void>,
): RunningTraffic {
  return repeat(async () => {
    const client = new RegistryClient({ ...follower.access });
    try {
      await operation(client);
    } finally {
      client.close();
    }
  }, 100);
}

async function annotate(key: string, value: string): Promise<void> {
  await kubectl([
    'annotate',
    'registry',
    name,
    '-n',
    namespace,
    '--overwrite',
    `wharfinger.dev/${key}=${value}`,
  ]);
}

async function waitForStatus(what: string, holds: (status: unknown) => boolean): Promise<unknown> {
  return eventually(
    what,
    async () => {
      const { status } = await get('registry', namespace, name);
      if (holds(status)) return status;
      throw new Error(JSON.stringify(status));
    },
    { timeoutMs: 60_000 },
  );
}

/** Name of the operator's pod that leads. */
async function leader(): Promise<string> {
  const [lease] = await list('leases', operatorNamespace);
  const holder = String(at(lease, 'spec.holderIdentity'));
  const pods = await list('pods', operatorNamespace);
  return pods.find((pod) => holder.startsWith(pod.metadata.name))?.metadata.name ?? holder;
}

const isInPhase = (phase: string) => (status: unknown) => at(status, 'ca.phase') === phase;

/** The fingerprint of the certificate that a new connection is shown, when this CA is all that the client trusts. */
async function shown(ca: string): Promise<string> {
  const [host = '', port = ''] = access.host.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca }, () => {
      resolve((socket.getPeerX509Certificate()?.fingerprint256 ?? '').replaceAll(':', '').toLowerCase());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('A5: certificate, users and CA are rotated while clients pull and push, and no request fails', async () => {
  const follower = followTrust(namespace, name, access);
  // Their connections outlive the CA that they trust: one that had to be opened anew after that would fail.
  const kept = [1, 2].map(() => new RegistryClient(follower.access, { maxSockets: 1 }));
  const [reader, writer] = kept as [RegistryClient, RegistryClient];
  const traffic = {
    'pulls on a kept connection': pulling(reader, 'app', 'v1', one),
    'pushes on a kept connection': pushing(writer, 'kept'),
    'pulls on new connections': onNewConnections(follower, (client) => client.pull('app', 'v1', one)),
    'pushes on new connections': onNewConnections(follower, (client) =>
      client.pushBlob('fresh', randomLayer(2048)),
    ),
  };

  const first = await waitForStatus(
    'a certificate in use',
    (status) => at(status, 'certificate.inUse') === true,
  );
  await annotate('rotate-certificate', '1');
  await waitForStatus(
    'another certificate in use',
    (status) =>
      at(status, 'certificate.inUse') === true &&
      at(status, 'certificate.fingerprint') !== at(first, 'certificate.fingerprint'),
  );

  await apply(registryObject({ namespace, name, spec: spec('ci', 'next') }));
  await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
  await follower.become('next');
  await sleep(1000);
  await apply(registryObject({ namespace, name, spec: spec('next') }));
  const refused = new RegistryClient({ ...access });
  await eventually('refusal of the old user', async () => (await refused.call('GET', '/v2/')).status === 401);
  refused.close();

  await annotate('rotate-ca', '1');
  const distributing = await waitForStatus('a new CA is given out', isInPhase('Distributing'));
  expect(at(distributing, 'certificate.inUse')).toBe(true);
  expect(await shown(access.ca)).toBe(at(distributing, 'certificate.fingerprint'));
  // Whoever leads next finds where the replacement is.
  await kubectl(['delete', 'pod', '-n', operatorNamespace, await leader(), '--grace-period=0', '--force']);
  const retiring = await waitForStatus('the certificate is from the new CA', isInPhase('Retiring'));
  await waitForStatus('all replicas serve it', (status) => at(status, 'certificate.inUse') === true);
  const both = follower.bundles.at(-1) ?? '';
  expect(both.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  await expect(shown(access.ca)).rejects.toThrow();
  expect(await shown(both)).toBe(at(retiring, 'certificate.fingerprint'));
  await waitForStatus('the old CA is gone', isInPhase('Stable'));
  await sleep(2000);

  const seen = await Promise.all(
    Object.entries(traffic).map(async ([what, running]) => [what, await running.stop()] as const),
  );
  await follower.stop();
  for (const client of kept) client.close();
  for (const [what, { operations, failures, slowest }] of seen) {
    console.info(`${what}: ${operations}, slowest ${Math.round(slowest)} ms`);
    expect({ what, failures }).toEqual({ what, failures: [] });
    expect(operations).toBeGreaterThan(20);
  }
  const counts = follower.bundles.map((bundle) => bundle.match(/BEGIN CERTIFICATE/g)?.length);
  expect(counts).toEqual([1, 2, 2, 1]);
  expect(follower.bundles.at(-1)).not.toBe(access.ca);
  expect(new X509Certificate(follower.bundles.at(-1) ?? '').subject).toMatch(/ CA 2$/);
});

test('A5: Events tell of a rotation, status and metrics of the ends of certificate and CA', async () => {
  const reasons = await eventually('Events', async () => {
    const list = await kubectl(['get', 'events.events.k8s.io', '-n', namespace, '-o', 'json']);
    const { items } = JSON.parse(list) as { items: unknown[] };
    const found = items.map((event) => at(event, 'reason'));
    return found.includes('CARetired') && found;
  });
  expect(reasons).toEqual(expect.arrayContaining(['CertificateRotated', 'CARolloverStarted', 'CARotated']));
  const { status } = await get('registry', namespace, name);
  const end = Date.parse(String(at(status, 'ca.notAfter')));
  expect(Date.parse(String(at(status, 'ca.renewalTime')))).toBeLessThan(end);
  expect(Date.parse(String(at(status, 'certificate.renewalTime')))).toBeLessThan(
    Date.now() + 3650 * 86_400_000,
  );
  const path = `/api/v1/namespaces/${operatorNamespace}/pods/${await leader()}:8080/proxy/metrics`;
  const labels = `{namespace="${namespace}",name="${name}"}`;
  expect(await kubectl(['get', '--raw', path])).toContain(
    `wharfinger_ca_expiry_timestamp_seconds${labels} ${end / 1000}`,
  );
});
