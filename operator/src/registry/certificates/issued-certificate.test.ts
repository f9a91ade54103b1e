import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { rootOf } from '../../pki/bundle.ts';
import { type CertificateScenario, certificateScenario } from './certificate-scenario.ts';

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

describe('the serving certificate', () => {
  it('is issued anew when that is asked for, once for each value', async () => {
    const first = leaf();
    scenario.set(own, { 'wharfinger.dev/rotate-certificate': '1' });
    await scenario.settle();
    const second = leaf();
    expect(second).not.toBe(first);
    expect(scenario.status().certificate?.issuedBecause).toBe('it was asked for');
    await scenario.settle();
    expect(leaf()).toBe(second);
    expect(scenario.events.find((event) => event.reason === 'CertificateRotated')?.note).toContain(
      'it was asked for',
    );
  });

  it.each([
    ['the key', { keyAlgorithm: 'ECDSA', keySize: 384 }, 'the key that the spec asks for changed'],
    ['the subject', { subject: { organization: 'Team A' } }, 'its subject changed'],
    ['the validity', { validityDays: 30 }, 'its validity changed'],
    ['a URL', { ocspServers: ['http://ocsp.example'] }, 'its URLs changed'],
    ['a name', { dnsNames: ['alias.example'] }, 'its names changed'],
  ])('is issued anew when %s changes, and the CA stays', async (_what, change, reason) => {
    const [first, firstCa] = [leaf(), ca()];
    scenario.set({ selfSigned: { ...small, ...change } });
    await scenario.settle();
    expect(leaf()).not.toBe(first);
    expect(scenario.status().certificate?.issuedBecause).toBe(reason);
    expect(ca()).toBe(firstCa);
    expectServedByTrusted();
  });

  it('is renewed as long before its end as the spec says', async () => {
    scenario.set({ selfSigned: { ...small, validityDays: 90, renewBefore: '240h' } });
    await scenario.settle();
    const first = leaf();
    const end = new X509Certificate(first).validToDate.getTime();
    scenario.now = end - 11.1 * day;
    await scenario.settle();
    expect(leaf()).toBe(first);
    scenario.now = end - 10 * day + 1000;
    await scenario.settle();
    expect(scenario.status().certificate?.issuedBecause).toBe('it expires soon');
  });

  it('comes from an intermediate CA on request: the CA makes room for it in two steps', async () => {
    const first = ca();
    const tls = { selfSigned: { ...small, intermediate: {} } };
    scenario.set(tls);
    await scenario.settle();
    expect(scenario.served()).toHaveLength(1);
    expect(scenario.bundle()).toHaveLength(2);
    scenario.now += day;
    await scenario.settle();
    const served = scenario.served();
    expect(served).toHaveLength(2);
    expect(rootOf(served, [ca()])).toBeDefined();
    expect(ca()).not.toBe(first);
    scenario.set(own);
    await scenario.settle();
    expect(scenario.served()).toHaveLength(1);
    expect(scenario.cluster.get('secrets', 'team-a-intermediate-ca')).toBeUndefined();
    expectServedByTrusted();
  });
});
