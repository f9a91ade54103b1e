import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../../api/registry-example.ts';
import { findCondition } from '../../kube/conditions.ts';
import { ApiError } from '../../kube/errors.ts';
import type { KubeObject, ResourceKind } from '../../kube/resource.ts';
import { createAuthority } from '../../pki/authority.ts';
import { rootIssuer } from '../../pki/issuer.ts';
import { issueLeaf } from '../../pki/leaf.ts';
import { ownedLabels } from '../../resources/labels.ts';
import type { ServedRegistry } from '../kind.ts';
import { createMemoryCluster, type MemoryCluster } from '../memory-cluster.ts';
import { reconcileOnce } from '../reconcile-once.ts';
import { certificates } from './kinds.ts';

const secretName = 'team-a-cert-manager-tls';
const now = new Date();
const hour = 3_600_000;
const key = { algorithm: 'RSA', size: 2048 } as const;
const authority = await createAuthority({
  subject: { commonName: 'Issuer' },
  key,
  validityDays: 2,
  now,
});
const pair = await issueLeaf({
  issuer: rootIssuer(authority),
  subject: { commonName: 'registry.team-a.example' },
  usage: 'server',
  dnsNames: ['registry.team-a.example'],
  ipAddresses: [],
  key,
  validityDays: 1,
  now,
});
let cluster: MemoryCluster;

function setTls(tls: object, generation = 1, replicas = 1): void {
  const registry = exampleRegistry({ tls, replicas }, { generation, resourceVersion: `spec-${generation}` });
  const status = (cluster.get('registries', 'team-a') as ServedRegistry | undefined)?.status;
  cluster.put('registries', { ...registry, status } as KubeObject);
}

function condition(type: string): { status: string; reason: string; message: string } | undefined {
  const { status } = cluster.get('registries', 'team-a') as ServedRegistry;
  return findCondition(status?.conditions ?? [], type);
}

const reconcile = (at?: number): Promise<number | undefined> =>
  reconcileOnce(cluster, at === undefined ? {} : { now: () => at });

/** What cert-manager does: writes the Secret of the Certificate. */
function issue(
  annotations: Record<string, string> = { 'cert-manager.io/certificate-name': 'team-a' },
  ca = authority.certificate,
): void {
  const texts = {
    'tls.crt': pair.certificate,
    'tls.key': pair.privateKey,
    'ca.crt': ca,
  };
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const labels = ownedLabels('team-a');
  const metadata = { name: secretName, namespace: 'team', uid: 'issued', labels, annotations };
  cluster.put('secrets', { metadata, data } as KubeObject);
}

/** What cert-manager does: tells how far it is. */
function tell(ready: object, request?: object): void {
  const certificate = cluster.get('certificates', 'team-a');
  const uid = certificate?.metadata.uid ?? '';
  const told = { ...certificate, status: { conditions: [{ type: 'Ready', ...ready }] } };
  cluster.put('certificates', told as unknown as KubeObject);
  if (request === undefined) return;
  const ownerReferences = [
    { apiVersion: certificates.apiVersions[0] ?? '', kind: 'Certificate', name: 'team-a', uid },
  ];
  const annotations = { 'cert-manager.io/certificate-revision': '1' };
  cluster.put('certificaterequests', {
    metadata: { name: 'team-a-1', namespace: 'team', uid: 'request', ownerReferences, annotations },
    status: { conditions: [request] },
  } as KubeObject);
}

function fail(verb: 'apply' | 'find', error: ApiError): void {
  const before = cluster.client[verb] as (...args: unknown[]) => Promise<unknown>;
  const failing = async (...args: unknown[]): Promise<unknown> => {
    if ((args[0] as { plural: string }).plural === certificates.plural) throw error;
    return before(...args);
  };
  Object.assign(cluster.client, { [verb]: failing });
}

const ready = { status: 'True', observedGeneration: 1 };
const spec = { issuerRef: { name: 'internal' } };

beforeEach(() => {
  cluster = createMemoryCluster();
  setTls({ certManager: spec });
});

describe('a Registry with certManager', () => {
  it('asks for the names of a self-signed certificate, and has no pods before it is issued', async () => {
    await reconcile();
    expect(cluster.get('certificates', 'team-a')).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Registry', name: 'team-a' }] },
      spec: {
        secretName,
        issuerRef: { name: 'internal', kind: 'Issuer', group: 'cert-manager.io' },
        dnsNames: [
          'registry.team-a.example',
          'team-a',
          'team-a.team',
          'team-a.team.svc',
          'team-a.team.svc.cluster.local',
        ],
        privateKey: { algorithm: 'RSA', size: 2048, rotationPolicy: 'Always' },
      },
    });
    expect(cluster.get('statefulsets', 'team-a')).toBeUndefined();
    expect(condition('Reconciling')).toMatchObject({ status: 'True', reason: 'CertificatePending' });
  });

  it('leaves out the names of the Service when it is told to', async () => {
    setTls({ certManager: { ...spec, serviceNames: false, duration: '36h90s' } });
    await reconcile();
    expect(cluster.get('certificates', 'team-a')).toMatchObject({
      spec: { dnsNames: ['registry.team-a.example'], duration: '36h1m30s' },
    });
  });

  it('serves what is issued, publishes its CA, binds its Secret to the Registry, and then rests', async () => {
    await reconcile();
    tell(ready);
    issue();
    await reconcile();
    expect(condition('CertificateReady')).toMatchObject({ status: 'True', reason: 'Valid' });
    expect(cluster.get('configmaps', 'team-a-ca')).toMatchObject({
      data: { 'ca.crt': authority.certificate },
    });
    expect(cluster.get('secrets', secretName)?.metadata.ownerReferences).toMatchObject([
      { kind: 'Registry', uid: 'uid-1' },
    ]);
    expect(JSON.stringify(cluster.get('statefulsets', 'team-a'))).toContain(secretName);
    const count = cluster.writes.length;
    await reconcile();
    expect(cluster.writes.slice(count)).toEqual([]);
  });

  it('goes on serving while a newer certificate is on its way, and tells so', async () => {
    await reconcile();
    tell({ status: 'False', message: 'Fields on existing CertificateRequest resource not up to date' });
    issue();
    expect(await reconcile()).toBe(5000);
    expect(condition('CertificateReady')).toMatchObject({
      reason: 'CertificatePending',
      message: expect.stringContaining('not up to date') as string,
    });
    expect(cluster.get('statefulsets', 'team-a')).toBeDefined();
  });

  it('says that the CA beside a certificate cannot be read, and leaves the pods as they are', async () => {
    await reconcile();
    tell(ready);
    issue();
    await reconcile();
    const before = [cluster.get('configmaps', 'team-a-ca'), cluster.get('statefulsets', 'team-a')];
    issue(undefined, authority.certificate.replace('MII', '!!!'));
    await reconcile();
    expect(condition('CertificateReady')).toMatchObject({
      reason: 'InvalidCertificate',
      message: expect.stringContaining(`in Secret ${secretName}, certificate 1 in ca.crt`) as string,
    });
    expect([cluster.get('configmaps', 'team-a-ca'), cluster.get('statefulsets', 'team-a')]).toEqual(before);
  });

  it('does not serve what has expired', async () => {
    await reconcile();
    tell(ready);
    issue();
    await reconcile(now.getTime() + 25 * hour);
    expect(condition('CertificateReady')).toMatchObject({ reason: 'CertificatePending' });
  });

  it.each([
    ['IssuerMissing', { type: 'Ready', status: 'False', reason: 'Pending', message: 'Issuer not found' }],
    ['CertificateFailed', { type: 'Ready', status: 'False', reason: 'Failed', message: 'bad CSR' }],
    ['CertificateDenied', { type: 'Denied', status: 'True' }],
    ['CertificatePending', { type: 'Ready', status: 'False', reason: 'Pending', message: 'an order' }],
  ])('says %s in the words of cert-manager', async (reason, request) => {
    await reconcile();
    tell({ status: 'False', message: 'does not exist' }, request);
    await reconcile();
    expect(condition('CertificateReady')?.reason).toBe(reason);
    expect(condition('CertificateReady')?.message).toContain(
      'message' in request ? request.message : 'the request was denied',
    );
    expect(condition('Stalled')?.status).toBe(reason === 'CertificatePending' ? 'False' : 'True');
  });

  it('says when there is no cert-manager, and goes on with the rest', async () => {
    expect(await reconcileOnce(cluster, { servesOptional: false })).toBe(30_000);
    expect(condition('Ready')).toMatchObject({
      reason: 'CertManagerMissing',
      message: expect.stringContaining('install it') as string,
    });
    expect(cluster.get('services', 'team-a')).toBeDefined();
  });

  it('goes on serving when the webhook of cert-manager is down', async () => {
    await reconcile();
    tell(ready);
    issue();
    await reconcile();
    const message = 'Internal error occurred: failed calling webhook "webhook.cert-manager.io"';
    setTls({ certManager: { ...spec, dnsNames: ['alias.example'] } }, 2);
    fail('apply', new ApiError({ code: 500, reason: 'InternalError', message }));
    await reconcile();
    expect(condition('CertificateReady')).toMatchObject({
      status: 'False',
      reason: 'CertManagerUnavailable',
    });
    expect(condition('Reconciling')?.status).toBe('True');
  });

  it('says when the operator may not', async () => {
    fail('find', new ApiError({ code: 403, reason: 'Forbidden', message: 'certificates is forbidden' }));
    await reconcile();
    expect(condition('CertificateReady')).toMatchObject({
      reason: 'CertificateRefused',
      message: expect.stringContaining('certificates is forbidden') as string,
    });
  });
});

describe('what is not ours', () => {
  it('a Certificate of this name stays as it is', async () => {
    const foreign = {
      metadata: { name: 'team-a', namespace: 'team', uid: 'x' },
      spec: { secretName: 'mine' },
    };
    cluster.put('certificates', foreign);
    await reconcile();
    expect(cluster.get('certificates', 'team-a')).toEqual(foreign);
    expect(condition('CertificateReady')?.reason).toBe('NameTaken');
  });

  it('a Secret of this name is not given to cert-manager to write over', async () => {
    issue({});
    await reconcile();
    expect(cluster.get('certificates', 'team-a')).toBeUndefined();
    expect(condition('CertificateReady')).toMatchObject({
      reason: 'NameTaken',
      message: expect.stringContaining(`Secret ${secretName}`) as string,
    });
  });
});

/** All pods are of the newest template. */
function rollOut(): void {
  const statefulSet = cluster.get('statefulsets', 'team-a') as KubeObject;
  const status = { replicas: 0, currentRevision: 'b', updateRevision: 'b', observedGeneration: 1 };
  cluster.put('statefulsets', { ...statefulSet, status } as KubeObject);
}

// Without replicas no pod has to try the new template.
describe('a change of the source', () => {
  it('to cert-manager leaves the pods as they are until there is a certificate', async () => {
    setTls({ selfSigned: {} }, 1, 0);
    await reconcile();
    const before = cluster.get('statefulsets', 'team-a');
    const config = cluster.get('configmaps', 'team-a-config');
    setTls({ certManager: spec }, 2, 0);
    await reconcile();
    expect(cluster.get('statefulsets', 'team-a')).toEqual(before);
    expect(cluster.get('configmaps', 'team-a-config')).toEqual(config);
    tell(ready);
    issue();
    await reconcile();
    expect(JSON.stringify(cluster.get('statefulsets', 'team-a'))).toContain(secretName);
  });

  it('from cert-manager removes the Certificate when no pod is left that mounts its Secret', async () => {
    await reconcile();
    tell(ready);
    issue();
    await reconcile();
    setTls({ selfSigned: {} }, 2, 0);
    await reconcile();
    expect(cluster.get('certificates', 'team-a')).toBeDefined();
    rollOut();
    await reconcile();
    expect(cluster.get('certificates', 'team-a')).toBeUndefined();
    expect(cluster.get('secrets', secretName)).toBeDefined();
    await reconcile();
    expect(cluster.get('secrets', secretName)).toBeUndefined();
  });

  it('from cert-manager removes also what cert-manager issued once more when its Certificate was going', async () => {
    setTls({ selfSigned: {} }, 2, 0);
    await reconcile();
    rollOut();
    issue();
    await reconcile();
    expect(cluster.get('secrets', secretName)).toBeUndefined();
  });
});

describe('a deleted Registry', () => {
  async function remove(plural: string): Promise<void> {
    await cluster.client.delete({ plural } as ResourceKind, { namespace: 'team', name: 'team-a' });
  }

  it('has removed what cert-manager issued once more while its Certificate was going, once that is gone', async () => {
    await reconcile();
    issue();
    await remove('registries');
    await reconcile();
    expect(cluster.get('secrets', secretName)).toBeDefined();
    await remove('certificates');
    await reconcile();
    expect(cluster.get('secrets', secretName)).toBeUndefined();
  });

  it('leaves a Secret alone that cert-manager made for somebody else', async () => {
    await reconcile();
    await remove('registries');
    await remove('certificates');
    issue({ 'cert-manager.io/certificate-name': 'other' });
    await reconcile();
    expect(cluster.get('secrets', secretName)).toBeDefined();
  });
});
