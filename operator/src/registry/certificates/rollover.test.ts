import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../kube/resource.ts';
import { rootOf } from '../../pki/bundle.ts';
import { CrashError } from '../memory-cluster.ts';
import { type CertificateScenario, certificateScenario } from './certificate-scenario.ts';

const hour = 3_600_000;
const day = 86_400_000;
const small = { keyAlgorithm: 'ECDSA', ca: { keySize: 256 } };
const own = { selfSigned: small };
let scenario: CertificateScenario;

beforeEach(async () => {
  scenario = certificateScenario();
  scenario.set(own);
  await scenario.settle();
});

const ca = (): string => scenario.text('team-a-ca', 'tls.crt');
const leaf = (): string => scenario.text('team-a-tls', 'tls.crt');

function expectServedByTrusted(): void {
  expect(rootOf(scenario.served(), scenario.bundle())).toBeDefined();
}

describe('the replacement of a CA', () => {
  it('lets clients trust the next one first, then serves from it, then takes the old one away', async () => {
    const [first, firstLeaf] = [ca(), leaf()];
    expect(scenario.status().ca?.phase).toBe('Stable');
    scenario.set(own, { 'wharfinger.dev/rotate-ca': '1' });
    await scenario.settle();
    const next = scenario.text('team-a-ca', 'next.crt');
    expect(scenario.bundle()).toEqual([first, next]);
    expect(leaf()).toBe(firstLeaf);
    expect(scenario.status().ca).toMatchObject({ phase: 'Distributing' });
    expect(Date.parse(scenario.status().ca?.phaseEnds ?? '')).toBeCloseTo(scenario.now + day, -4);

    scenario.now += day - 1000;
    await scenario.settle();
    expect(leaf()).toBe(firstLeaf);
    scenario.now += 1000;
    await scenario.settle();
    expect(ca()).toBe(next);
    expect(scenario.text('team-a-ca', 'next.crt')).toBe('');
    expect(scenario.bundle()).toEqual([next, first]);
    expect(new X509Certificate(leaf()).issuer).toBe(new X509Certificate(next).subject);
    expect(scenario.status().ca?.phase).toBe('Retiring');

    scenario.now += day;
    await scenario.settle();
    expect(scenario.bundle()).toEqual([next]);
    expect(scenario.status().ca?.phase).toBe('Stable');
    expect(scenario.events.map((event) => event.reason)).toEqual(
      expect.arrayContaining(['CARolloverStarted', 'CARotated', 'CertificateRotated', 'CARetired']),
    );
    const count = scenario.cluster.writes.length;
    scenario.now += day;
    await scenario.reconcile();
    expect(scenario.cluster.writes.slice(count)).toEqual([]);
  });

  it('names each CA of a host differently', async () => {
    scenario.set(own, { 'wharfinger.dev/rotate-ca': '1' });
    await scenario.settle();
    const subjects = scenario.bundle().map((pem) => new X509Certificate(pem).subject);
    expect(subjects).toEqual(['CN=registry.team-a.example CA', 'CN=registry.team-a.example CA 2']);
  });

  it('takes up what the spec says of the CA by then, and not before', async () => {
    const first = ca();
    const tls = { selfSigned: { ...small, ca: { keySize: 384 }, subject: { organization: 'New' } } };
    scenario.set(tls);
    await scenario.settle();
    expect(ca()).toBe(first);
    scenario.set(tls, { 'wharfinger.dev/rotate-ca': '1' });
    await scenario.settle();
    const made = new X509Certificate(scenario.text('team-a-ca', 'next.crt'));
    expect(made.publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1');
    expect(made.subject).toContain('O=New');
  });

  it('does not wait when the overlap is ended, each of the two times', async () => {
    const first = ca();
    const rotate = { 'wharfinger.dev/rotate-ca': '1' };
    scenario.set(own, rotate);
    await scenario.settle();
    scenario.set(own, { ...rotate, 'wharfinger.dev/end-ca-overlap': '1' });
    await scenario.settle();
    expect(ca()).not.toBe(first);
    expect(scenario.bundle()).toEqual([ca(), first]);
    scenario.set(own, { ...rotate, 'wharfinger.dev/end-ca-overlap': '2' });
    await scenario.settle();
    expect(scenario.bundle()).toEqual([ca()]);
  });

  it('comes by itself before the CA ends, earlier by a jitter that stays the same, and the operator looks again in time', async () => {
    const first = ca();
    const { validFromDate, validToDate } = new X509Certificate(first);
    const third = (validToDate.getTime() - validFromDate.getTime()) / 3;
    const due = Date.parse(scenario.status().ca?.renewalTime ?? '');
    expect(due).toBeLessThanOrEqual(validToDate.getTime() - third);
    expect(due).toBeGreaterThan(validToDate.getTime() - third * 1.1 - 1000);
    scenario.now = due - hour;
    await scenario.settle();
    const wait = (await scenario.reconcile()) ?? 0;
    expect(wait).toBeGreaterThan(hour - 2000);
    expect(wait).toBeLessThan(hour + 2000);
    expect(scenario.bundle()).toEqual([first]);
    scenario.now = due + 1000;
    await scenario.settle();
    expect(scenario.bundle()).toHaveLength(2);
  });

  it('is asked for once by an annotation, also when it was there from the beginning', async () => {
    scenario = certificateScenario();
    scenario.set(own, { 'wharfinger.dev/rotate-ca': 'from the start' });
    await scenario.settle();
    expect(scenario.bundle()).toHaveLength(1);
  });

  it('follows when somebody deletes the Secret of the CA: the certificate stays until clients have the new one', async () => {
    const [first, firstLeaf] = [ca(), leaf()];
    await scenario.cluster.client.delete({ plural: 'secrets' } as never, {
      namespace: 'team',
      name: 'team-a-ca',
    });
    await scenario.settle();
    expect(scenario.bundle()).toEqual([ca(), first]);
    expect(leaf()).toBe(firstLeaf);
    scenario.now += day;
    await scenario.settle();
    expect(rootOf(scenario.served(), [ca()])).toBeDefined();
  });

  it('heals when somebody breaks or deletes the ConfigMap', async () => {
    scenario.set(own, { 'wharfinger.dev/rotate-ca': '1' });
    await scenario.settle();
    const both = scenario.bundle();
    scenario.now += day / 2;
    await scenario.cluster.client.delete({ plural: 'configmaps' } as never, {
      namespace: 'team',
      name: 'team-a-ca',
    });
    await scenario.settle();
    expect(scenario.bundle()).toEqual(both);
    scenario.now += day / 2;
    await scenario.settle();
    // Nobody could take the next one up while it was not there.
    expect(ca()).toBe(both[0]);
    scenario.now += day / 2;
    await scenario.settle();
    expect(ca()).toBe(both[1]);
  });

  it('begins again when somebody broke the next CA, and waits anew when somebody took off how far it is', async () => {
    scenario.set(own, { 'wharfinger.dev/rotate-ca': '1' });
    await scenario.settle();
    const first = ca();
    const secret = scenario.cluster.get('secrets', 'team-a-ca') as KubeObject & {
      data: Record<string, string>;
    };
    scenario.cluster.put('secrets', { ...secret, data: { ...secret.data, 'next.key': '' } } as KubeObject);
    await scenario.settle();
    scenario.cluster.put('secrets', {
      ...secret,
      data: { ...secret.data, 'next.key': 'bm9uZQ==' },
    } as KubeObject);
    await scenario.settle();
    const next = scenario.text('team-a-ca', 'next.crt');
    expect(scenario.bundle()).toEqual([first, next]);
    scenario.now += day - 1000;
    const map = scenario.cluster.get('configmaps', 'team-a-ca') as KubeObject;
    const annotations = { ...map.metadata.annotations, 'wharfinger.dev/trust': '' };
    scenario.cluster.put('configmaps', { ...map, metadata: { ...map.metadata, annotations } });
    await scenario.settle();
    scenario.now += day / 2;
    await scenario.settle();
    expect(ca()).toBe(first);
    scenario.now += day / 2;
    await scenario.settle();
    expect(ca()).toBe(next);
  });

  it('is not needed for a CA that is over: the next one is used at once', async () => {
    await scenario.cluster.client.delete({ plural: 'secrets' } as never, {
      namespace: 'team',
      name: 'team-a-ca',
    });
    const tls = { selfSigned: { ...small, ca: { keySize: 256, validityDays: 400 } }, trustOverlap: '0s' };
    scenario.set(tls);
    await scenario.settle();
    scenario.set({ ...tls, trustOverlap: '24h' });
    const first = ca();
    scenario.now = new Date(new X509Certificate(first).validTo).getTime() + day;
    await scenario.settle();
    expect(ca()).not.toBe(first);
    expect(rootOf(scenario.served(), [ca()])).toBeDefined();
  });

  it('is begun once when two operators begin it at the same time', async () => {
    scenario.set(own, { 'wharfinger.dev/rotate-ca': '1' });
    const client = { ...scenario.cluster.client };
    let made = '';
    const overtaken: typeof client.get = async (kind, ref, ...rest) => {
      const found = await client.get(kind, ref, ...rest);
      if (ref.name === 'team-a-ca' && made === '') {
        Object.assign(scenario.cluster.client, client);
        await scenario.reconcile();
        made = scenario.text('team-a-ca', 'next.crt');
      }
      return found;
    };
    Object.assign(scenario.cluster.client, { get: overtaken });
    await scenario.reconcile().catch(() => undefined);
    expect(made).not.toBe('');
    await scenario.settle();
    expect(scenario.text('team-a-ca', 'next.crt')).toBe(made);
    expect(scenario.bundle().at(-1)).toBe(made);
  });

  it.each(['before', 'after'] as const)(
    'ends well, with no certificate from a CA that clients lack, when the operator is killed %s each write',
    async (when) => {
      const first = ca();
      scenario.set(own, { 'wharfinger.dev/rotate-ca': '1' });
      let next = '';
      let kills = 0;
      for (let life = 0; life < 60; life += 1) {
        scenario.cluster.crashAt(when === 'before' ? 2 : 1, when);
        const ended = await scenario.reconcile().then(
          () => undefined,
          (error: unknown) => error,
        );
        expectServedByTrusted();
        const made = scenario.text('team-a-ca', 'next.crt');
        // What was once made is used, and made only once.
        if (next !== '' && made !== '') expect(made).toBe(next);
        if (made !== '') next = made;
        expect([first, next]).toContain(ca());
        if (ended === undefined) {
          scenario.now += day / 4;
          continue;
        }
        expect(ended).toBeInstanceOf(CrashError);
        kills += 1;
      }
      expect(kills).toBeGreaterThan(when === 'before' ? 2 : 6);
      expect(scenario.bundle()).toEqual([next]);
      expect(ca()).toBe(next);
    },
  );
});
