import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TrustedRegistry } from '../api/node-trust.ts';
import { type RegistryFacts, trustedHost } from './trusted-host.ts';

const work = mkdtempSync(join(tmpdir(), 'trusted-host-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function certificate(...extensions: string[]): string {
  const file = join(work, 'crt');
  const more = extensions.flatMap((extension) => ['-addext', extension]);
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    join(work, 'key'),
  ];
  execFileSync('openssl', ['req', '-x509', '-subj', '/CN=x', ...key, '-out', file, ...more], {
    stdio: 'ignore',
  });
  return readFileSync(file, 'utf8');
}

const ca = certificate();
const entry: TrustedRegistry = { namespace: 'team', name: 'images', hostnames: ['registry.example'] };

function facts(
  more: Partial<RegistryFacts> = {},
  {
    hostname = 'registry.example',
    url = `https://${hostname}:5000`,
  }: { hostname?: string; url?: string } = {},
): RegistryFacts {
  const metadata = { name: 'images', namespace: 'team', uid: '1', generation: 1, resourceVersion: '1' };
  const status = { caRef: { name: 'images-ca' }, ...(url === '' ? {} : { url }) };
  const service = { ip: '10.96.0.7', port: 443 };
  return { registry: { metadata, spec: { hostname }, status }, ca, service, certificate: undefined, ...more };
}

describe('trustedHost', () => {
  it('trusts the host that clients are told, with each certificate of its CA once and nothing else of the file', () => {
    const next = certificate();
    const text = `# a note\n${ca}${next}-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n${ca}`;
    const { host, reason } = trustedHost(entry, facts({ ca: text }), {});
    expect(reason).toBe('Trusted');
    expect(host).toEqual({
      hostname: 'registry.example',
      port: 5000,
      tls: true,
      certificates: [ca, next],
      system: false,
    });
  });

  it.each([
    ['https://registry.example', 443, true],
    ['http://registry.example', 80, false],
    ['http://registry.example:8080', 8080, false],
  ])('reads %s', (url, port, tls) => {
    const { host } = trustedHost(entry, facts({}, { url }), {});
    expect(host).toMatchObject({ port, tls, certificates: tls ? [ca] : [] });
  });

  it('knows an IPv6 address in all its spellings', () => {
    const given = { ...entry, hostnames: ['FD00:0:0::7'.toLowerCase()] };
    const { host } = trustedHost(
      given,
      facts({}, { hostname: 'fd00::7', url: 'https://[fd00::7]:5000' }),
      {},
    );
    expect(host?.hostname).toBe('fd00::7');
  });

  it.each([
    ['RegistryMissing', undefined],
    ['HostnameNotListed', facts({}, { hostname: 'other.example' })],
    // What clients are told still names the former hostname, or follows another setting.
    ['HostnameNotListed', facts({}, { url: 'https://other.example:5000' })],
    ['RegistryPending', facts({}, { url: '' })],
    ['CAPending', facts({ ca: undefined })],
    ['InvalidCA', facts({ ca: 'nothing' })],
    ['InvalidCA', facts({ ca: ca.replace(/\n[A-Za-z0-9]/, '\n!') })],
    ['InvalidCA', facts({ ca: `${ca}${' '.repeat(25_000)}` })],
  ])('does not trust: %s', (reason, given) => {
    const verdict = trustedHost(entry, given, {});
    expect(verdict).toMatchObject({ host: undefined, reason });
    expect(verdict.message).not.toBe('');
  });

  it('refuses the names of public registries also when the list has them', () => {
    const given = { ...entry, hostnames: ['eu.gcr.io'] };
    expect(trustedHost(given, facts({}, { hostname: 'eu.gcr.io' }), {}).reason).toBe('PublicRegistry');
  });
});

describe('trustedHost with an address', () => {
  const inCluster = { ...entry, address: { clusterIP: true as const } };
  const fixed = { ...entry, address: { ip: '192.0.2.7' } };

  it('gives containerd the address, when the certificate names it', () => {
    const good = certificate('subjectAltName=IP:10.96.0.7');
    expect(trustedHost(inCluster, facts({ certificate: good }), {}).host?.endpoint).toEqual({
      hostname: '10.96.0.7',
      port: 443,
    });
    expect(trustedHost(fixed, facts({ certificate: good }), {}).reason).toBe('AddressNotInCertificate');
    expect(trustedHost(fixed, facts(), {}).host?.endpoint).toEqual({ hostname: '192.0.2.7', port: 5000 });
  });

  it('writes the hosts file instead, where the port is the one that images name', () => {
    const spec = { hostsFile: { path: '/etc/hosts' } };
    const { host } = trustedHost(inCluster, facts({}, { url: 'https://registry.example' }), spec);
    expect(host).toMatchObject({ hostsEntry: '10.96.0.7', port: 443 });
    expect(host?.endpoint).toBeUndefined();
    expect(trustedHost(inCluster, facts(), spec).reason).toBe('PortDiffers');
    expect(trustedHost(fixed, facts(), spec).host?.hostsEntry).toBe('192.0.2.7');
  });
});

describe('trustedHost with a system store', () => {
  const spec = { systemStore: { family: 'Debian' as const, root: '/' } };

  it('lets only a CA that is bound to the hostname into it', () => {
    const bound = certificate(
      'nameConstraints=critical,permitted;DNS:registry.example,permitted;IP:0.0.0.0/255.255.255.255',
    );
    expect(trustedHost(entry, facts({ ca: bound }), spec).host?.system).toBe(true);
    // Both CAs of a roll-over have to be bound.
    for (const text of [ca, bound + ca]) {
      const verdict = trustedHost(entry, facts({ ca: text }), spec);
      expect(verdict).toMatchObject({ reason: 'UnboundCA', host: { system: false } });
    }
  });
});
