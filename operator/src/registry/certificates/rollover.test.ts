import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../../api/registry-example.ts';
import type { RegistryStatus } from '../../api/registry-status.ts';
import type { EventFacts } from '../../kube/events.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { certificatesIn, rootOf } from '../../pki/bundle.ts';
import { secretText } from '../../resources/secrets.ts';
import { createInternalAuthority, type InternalAuthority } from '../internal-authority.ts';
import type { ServedRegistry } from '../kind.ts';
import { CrashError, createMemoryCluster, type MemoryCluster } from '../memory-cluster.ts';
import { reconcileOnce } from '../reconcile-once.ts';

const hour = 3_600_000;
const day = 24 * hour;
const small = { keyAlgorithm: 'ECDSA', ca: { keySize: 256 } };
let cluster: MemoryCluster;
let authority: InternalAuthority;
let now: number;
let events: EventFacts[];

beforeEach(async () => {
  cluster = createMemoryCluster();
  now = Date.now();
  events = [];
  const { client } = cluster;
  authority = createInternalAuthority({ client, operatorNamespace: 'wharfinger', now: () => now });
  set();
  await settle();
});

/** Sets the spec's `tls` and the annotations of the Registry. */
function set(annotations: Record<string, string> = {}, tls: object = { selfSigned: small }): void {
  const registry = exampleRegistry(
    { tls, replicas: 0, auth: undefined },
    { annotations, resourceVersion: `spec-${Math.random()}` },
  );
  const { status } = (cluster.get('registries', 'team-a') as ServedRegistry | undefined) ?? {};
  cluster.put('registries', { ...registry, status } as KubeObject);
}

const reconcile = (): Promise<number | undefined> =>
  reconcileOnce(cluster, { now: () => now, authority, events });

/** Reconciles until nothing is left to write. */
async function settle(): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const count = cluster.writes.length;
    await reconcile();
    if (cluster.writes.length === count) return;
  }
  throw new Error(`it never settles: ${cluster.writes.slice(-5).join()}`);
}

function text(secret: string, key: string): string {
  return secretText(cluster.get('secrets', secret) as { data?: Record<string, string> }, key) ?? '';
}

function bundle(): string[] {
  const map = cluster.get('configmaps', 'team-a-ca') as unknown as { data: Record<string, string> };
  return certificatesIn(map.data['ca.crt'] ?? '', 'ca.crt');
}

function status(): RegistryStatus {
  return (cluster.get('registries', 'team-a') as ServedRegistry).status ?? {};
}

const ca = (): string => text('team-a-ca', 'tls.crt');
const leaf = (): string => text('team-a-tls', 'tls.crt');
const issuerOf = (pem: string): string => new X509Certificate(pem).issuer;

function expectServedByTrusted(): void {
  expect(rootOf(certificatesIn(leaf(), 'tls.crt'), bundle())).toBeDefined();
}

describe('the replacement of a CA', () => {
  it('lets clients trust the next one first, then serves from it, then takes the old one away', async () => {
    const [first, firstLeaf] = [ca(), leaf()];
    expect(status().ca?.phase).toBe('Stable');
    set({ 'wharfinger.dev/rotate-ca': '1' });
    await settle();
    const next = text('team-a-ca', 'next.crt');
    expect(bundle()).toEqual([first, next]);
    expect(leaf()).toBe(firstLeaf);
    expect(status().ca).toMatchObject({ phase: 'Distributing' });
    expect(Date.parse(status().ca?.phaseEnds ?? '')).toBeCloseTo(now + day, -4);

    now += day - 1000;
    await settle();
    expect(leaf()).toBe(firstLeaf);
    now += 1000;
    await settle();
    expect(ca()).toBe(next);
    expect(text('team-a-ca', 'next.crt')).toBe('');
    expect(bundle()).toEqual([next, first]);
    expect(issuerOf(leaf())).toBe(new X509Certificate(next).subject);
    expect(status().ca?.phase).toBe('Retiring');

    now += day;
    await settle();
    expect(bundle()).toEqual([next]);
    expect(status().ca?.phase).toBe('Stable');
    expect(events.map((event) => event.reason)).toEqual(
      expect.arrayContaining(['CARolloverStarted', 'CARotated', 'CertificateRotated', 'CARetired']),
    );
    const count = cluster.writes.length;
    now += day;
    await reconcile();
    expect(cluster.writes.slice(count)).toEqual([]);
  });

  it('names each CA of a host differently', async () => {
    set({ 'wharfinger.dev/rotate-ca': '1' });
    await settle();
    const subjects = bundle().map((pem) => new X509Certificate(pem).subject);
    expect(subjects).toEqual(['CN=registry.team-a.example CA', 'CN=registry.team-a.example CA 2']);
  });

  it('takes up what the spec says of the CA by then, and not before', async () => {
    const first = ca();
    const tls = { selfSigned: { ...small, ca: { keySize: 384 }, subject: { organization: 'New' } } };
    set({}, tls);
    await settle();
    expect(ca()).toBe(first);
    set({ 'wharfinger.dev/rotate-ca': '1' }, tls);
    await settle();
    const made = new X509Certificate(text('team-a-ca', 'next.crt'));
    expect(made.publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1');
    expect(made.subject).toContain('O=New');
  });

  it('does not wait when the overlap is ended, each of the two times', async () => {
    const first = ca();
    const rotate = { 'wharfinger.dev/rotate-ca': '1' };
    set(rotate);
    await settle();
    set({ ...rotate, 'wharfinger.dev/end-ca-overlap': '1' });
    await settle();
    expect(ca()).not.toBe(first);
    expect(bundle()).toEqual([ca(), first]);
    set({ ...rotate, 'wharfinger.dev/end-ca-overlap': '2' });
    await settle();
    expect(bundle()).toEqual([ca()]);
  });

  it('comes by itself before the CA ends, earlier by a jitter that stays the same, and the operator looks again in time', async () => {
    const first = ca();
    const { validFromDate, validToDate } = new X509Certificate(first);
    const third = (validToDate.getTime() - validFromDate.getTime()) / 3;
    const due = Date.parse(status().ca?.renewalTime ?? '');
    expect(due).toBeLessThanOrEqual(validToDate.getTime() - third);
    expect(due).toBeGreaterThan(validToDate.getTime() - third * 1.1 - 1000);
    now = due - hour;
    await settle();
    const wait = (await reconcile()) ?? 0;
    expect(wait).toBeGreaterThan(hour - 2000);
    expect(wait).toBeLessThan(hour + 2000);
    expect(bundle()).toEqual([first]);
    now = due + 1000;
    await settle();
    expect(bundle()).toHaveLength(2);
  });

  it('is asked for once by an annotation, also when it was there from the beginning', async () => {
    cluster = createMemoryCluster();
    const { client } = cluster;
    authority = createInternalAuthority({ client, operatorNamespace: 'wharfinger', now: () => now });
    set({ 'wharfinger.dev/rotate-ca': 'from the start' });
    await settle();
    expect(bundle()).toHaveLength(1);
  });

  it('follows when somebody deletes the Secret of the CA: the certificate stays until clients have the new one', async () => {
    const [first, firstLeaf] = [ca(), leaf()];
    await cluster.client.delete({ plural: 'secrets' } as never, { namespace: 'team', name: 'team-a-ca' });
    await settle();
    expect(bundle()).toEqual([ca(), first]);
    expect(leaf()).toBe(firstLeaf);
    now += day;
    await settle();
    expect(rootOf(certificatesIn(leaf(), 'tls.crt'), [ca()])).toBeDefined();
  });

  it('heals when somebody breaks or deletes the ConfigMap', async () => {
    set({ 'wharfinger.dev/rotate-ca': '1' });
    await settle();
    const both = bundle();
    now += day / 2;
    await cluster.client.delete({ plural: 'configmaps' } as never, { namespace: 'team', name: 'team-a-ca' });
    await settle();
    expect(bundle()).toEqual(both);
    now += day / 2;
    await settle();
    // Nobody could take the next one up while it was not there.
    expect(ca()).toBe(both[0]);
    now += day / 2;
    await settle();
    expect(ca()).toBe(both[1]);
  });

  it('begins again when somebody broke the next CA, and waits anew when somebody took off how far it is', async () => {
    set({ 'wharfinger.dev/rotate-ca': '1' });
    await settle();
    const first = ca();
    const secret = cluster.get('secrets', 'team-a-ca') as KubeObject & { data: Record<string, string> };
    cluster.put('secrets', { ...secret, data: { ...secret.data, 'next.key': '' } } as KubeObject);
    await settle();
    cluster.put('secrets', { ...secret, data: { ...secret.data, 'next.key': 'bm9uZQ==' } } as KubeObject);
    await settle();
    const next = text('team-a-ca', 'next.crt');
    expect(bundle()).toEqual([first, next]);
    now += day - 1000;
    const map = cluster.get('configmaps', 'team-a-ca') as KubeObject;
    const annotations = { ...map.metadata.annotations, 'wharfinger.dev/trust': '' };
    cluster.put('configmaps', { ...map, metadata: { ...map.metadata, annotations } });
    await settle();
    now += day / 2;
    await settle();
    expect(ca()).toBe(first);
    now += day / 2;
    await settle();
    expect(ca()).toBe(next);
  });

  it('is not needed for a CA that is over: the next one is used at once', async () => {
    await cluster.client.delete({ plural: 'secrets' } as never, { namespace: 'team', name: 'team-a-ca' });
    const tls = { selfSigned: { ...small, ca: { keySize: 256, validityDays: 400 } }, trustOverlap: '0s' };
    set({}, tls);
    await settle();
    set({}, { ...tls, trustOverlap: '24h' });
    const first = ca();
    now = new Date(new X509Certificate(first).validTo).getTime() + day;
    await settle();
    expect(ca()).not.toBe(first);
    expect(rootOf(certificatesIn(leaf(), 'tls.crt'), [ca()])).toBeDefined();
  });

  it('is begun once when two operators begin it at the same time', async () => {
    set({ 'wharfinger.dev/rotate-ca': '1' });
    const client = { ...cluster.client };
    let made = '';
    const overtaken: typeof client.get = async (kind, ref, ...rest) => {
      const found = await client.get(kind, ref, ...rest);
      if (ref.name === 'team-a-ca' && made === '') {
        Object.assign(cluster.client, client);
        await reconcile();
        made = text('team-a-ca', 'next.crt');
      }
      return found;
    };
    Object.assign(cluster.client, { get: overtaken });
    await reconcile().catch(() => undefined);
    expect(made).not.toBe('');
    await settle();
    expect(text('team-a-ca', 'next.crt')).toBe(made);
    expect(bundle().at(-1)).toBe(made);
  });

  it.each(['before', 'after'] as const)(
    'ends well, with no certificate from a CA that clients lack, when the operator is killed %s each write',
    async (when) => {
      const first = ca();
      set({ 'wharfinger.dev/rotate-ca': '1' });
      let next = '';
      let kills = 0;
      for (let life = 0; life < 60; life += 1) {
        cluster.crashAt(when === 'before' ? 2 : 1, when);
        const ended = await reconcile().then(
          () => undefined,
          (error: unknown) => error,
        );
        expectServedByTrusted();
        const made = text('team-a-ca', 'next.crt');
        // What was once made is used, and made only once.
        if (next !== '' && made !== '') expect(made).toBe(next);
        if (made !== '') next = made;
        expect([first, next]).toContain(ca());
        if (ended === undefined) {
          now += day / 4;
          continue;
        }
        expect(ended).toBeInstanceOf(CrashError);
        kills += 1;
      }
      expect(kills).toBeGreaterThan(when === 'before' ? 2 : 6);
      expect(bundle()).toEqual([next]);
      expect(ca()).toBe(next);
    },
  );
});

describe('the serving certificate', () => {
  it('is issued anew when that is asked for, once for each value', async () => {
    const first = leaf();
    set({ 'wharfinger.dev/rotate-certificate': '1' });
    await settle();
    const second = leaf();
    expect(second).not.toBe(first);
    expect(status().certificate?.issuedBecause).toBe('it was asked for');
    await settle();
    expect(leaf()).toBe(second);
    expect(events.find((event) => event.reason === 'CertificateRotated')?.note).toContain('it was asked for');
  });

  it.each([
    ['the key', { keyAlgorithm: 'ECDSA', keySize: 384 }, 'the key that the spec asks for changed'],
    ['the subject', { subject: { organization: 'Team A' } }, 'its subject changed'],
    ['the validity', { validityDays: 30 }, 'its validity changed'],
    ['a URL', { ocspServers: ['http://ocsp.example'] }, 'its URLs changed'],
    ['a name', { dnsNames: ['alias.example'] }, 'its names changed'],
  ])('is issued anew when %s changes, and the CA stays', async (_what, change, reason) => {
    const [first, firstCa] = [leaf(), ca()];
    set({}, { selfSigned: { ...small, ...change } });
    await settle();
    expect(leaf()).not.toBe(first);
    expect(status().certificate?.issuedBecause).toBe(reason);
    expect(ca()).toBe(firstCa);
    expectServedByTrusted();
  });

  it('is renewed as long before its end as the spec says', async () => {
    set({}, { selfSigned: { ...small, validityDays: 90, renewBefore: '240h' } });
    await settle();
    const first = leaf();
    const end = new X509Certificate(first).validToDate.getTime();
    now = end - 11.1 * day;
    await settle();
    expect(leaf()).toBe(first);
    now = end - 10 * day + 1000;
    await settle();
    expect(status().certificate?.issuedBecause).toBe('it expires soon');
  });

  it('comes from an intermediate CA on request: the CA makes room for it in two steps', async () => {
    const first = ca();
    const tls = { selfSigned: { ...small, intermediate: {} } };
    set({}, tls);
    await settle();
    expect(certificatesIn(leaf(), 'tls.crt')).toHaveLength(1);
    expect(bundle()).toHaveLength(2);
    now += day;
    await settle();
    const served = certificatesIn(leaf(), 'tls.crt');
    expect(served).toHaveLength(2);
    expect(rootOf(served, [ca()])).toBeDefined();
    expect(ca()).not.toBe(first);
    set();
    await settle();
    expect(certificatesIn(leaf(), 'tls.crt')).toHaveLength(1);
    expect(cluster.get('secrets', 'team-a-intermediate-ca')).toBeUndefined();
    expectServedByTrusted();
  });
});
