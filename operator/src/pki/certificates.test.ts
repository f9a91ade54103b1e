import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from './authority.ts';
import { daysFrom } from './certificate.ts';
import { CertificateError } from './certificate-error.ts';
import { altNameOf, certificateFacts, checkCredentials, coversHostname } from './inspection.ts';
import { isIssuedBy, subjectAltNames } from './inspection.ts';
import { type Credentials, rootIssuer } from './issuer.ts';
import { makeKeyPair } from './key-pair.ts';
import { issueLeaf, type LeafRequest } from './leaf.ts';
import { renewalReason, renewalTime } from './renewal.ts';

const run = promisify(execFile);
const now = new Date();
const subject = { country: 'CN', locality: '北京', organization: '码头公司', commonName: 'team-a CA' };
const key = { algorithm: 'RSA', size: 2048 } as const;
const names = ['registry.team-a.example', '*.team-a-pods.default.wharfinger.internal'];
const addresses = ['10.0.0.7', 'fd00::7', '::ffff:192.0.2.1'];

let directory: string;
let authority: Credentials;
let leaf: Credentials;

function request(change: Partial<LeafRequest> = {}): LeafRequest {
  return {
    issuer: rootIssuer(authority),
    subject: { commonName: 'registry.team-a.example' },
    usage: 'server',
    dnsNames: names,
    ipAddresses: addresses,
    key,
    validityDays: 365,
    now,
    ...change,
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wharfinger-pki-'));
  authority = await createAuthority({ subject, key, validityDays: 3650, now });
  leaf = await issueLeaf(request());
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function openssl(...args: string[]): Promise<string> {
  await writeFile(join(directory, 'ca.crt'), authority.certificate);
  await writeFile(join(directory, 'tls.crt'), leaf.certificate);
  const { stdout } = await run('openssl', args, { cwd: directory });
  return stdout;
}

describe('issued certificates', () => {
  it('pass the strict checks of openssl as server of each name', async () => {
    const strict = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.crt'];
    expect(await openssl(...strict, '-verify_hostname', 'registry.team-a.example', 'tls.crt')).toContain(
      'OK',
    );
    expect(await openssl(...strict, '-verify_ip', 'fd00::7', 'tls.crt')).toContain('OK');
    expect(await openssl(...strict, '-verify_ip', '10.0.0.7', 'tls.crt')).toContain('OK');
    await expect(openssl(...strict, '-verify_hostname', 'other.example', 'tls.crt')).rejects.toThrow();
    await expect(
      openssl('verify', '-purpose', 'sslclient', '-CAfile', 'ca.crt', 'tls.crt'),
    ).rejects.toThrow();
  });

  it('mark the CA critically as one that issues leaves only', async () => {
    const text = await openssl('x509', '-in', 'ca.crt', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus');
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(text).toContain('Subject Key Identifier');
    expect(text).toContain('C=CN,L=北京,O=码头公司,CN=team-a CA');
  });

  it('name the CA by key identifier and by a subject in any script', async () => {
    const text = await openssl('x509', '-in', 'tls.crt', '-noout', '-text');
    expect(text).toMatch(/Authority Key Identifier:\s+(keyid:)?[0-9A-F:]{59}/);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/);
    expect(isIssuedBy(leaf.certificate, authority.certificate)).toBe(true);
  });

  it('end with the CA at the latest', async () => {
    const long = await issueLeaf(request({ validityDays: 36_500 }));
    expect(certificateFacts(long.certificate).notAfter).toBe(
      certificateFacts(authority.certificate).notAfter,
    );
  });

  it('differ in serial number and have a positive one', async () => {
    const other = await issueLeaf(request());
    const serials = [leaf, other].map((one) => new X509Certificate(one.certificate).serialNumber);
    expect(new Set(serials).size).toBe(2);
    expect(serials.every((serial) => /^[4-7]/.test(serial))).toBe(true);
  });

  it('keep a common name that is too long within the limit of X.509', async () => {
    const long = await issueLeaf(request({ subject: { commonName: 'a'.repeat(200) } }));
    expect(new X509Certificate(long.certificate).subject).toBe(`CN=${'a'.repeat(64)}`);
  });
});

describe('checkCredentials', () => {
  it('gives the facts of a good pair', () => {
    const facts = checkCredentials(leaf.certificate, leaf.privateKey, now);
    expect(facts.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(facts.notAfter).toBe(Math.floor(daysFrom(now, 365).getTime() / 1000) * 1000);
  });

  it('refuses a foreign key, an expired certificate and what is no PEM, without showing the key', async () => {
    const foreign = await makeKeyPair(key);
    const check =
      (certificate: string, key: string, at = now) =>
      () =>
        checkCredentials(certificate, key, at);
    expect(check(leaf.certificate, foreign.privateKey)).toThrow('tls.key is not the key');
    expect(check(leaf.certificate, leaf.privateKey, daysFrom(now, 400))).toThrow('expired at');
    expect(check('nothing', leaf.privateKey)).toThrow(CertificateError);
    expect(check(leaf.certificate, 'a secret')).toThrow('tls.key holds no unencrypted private key in PEM');
  });

  it('knows which hostnames a certificate covers', () => {
    expect(coversHostname(leaf.certificate, 'registry.team-a.example')).toBe(true);
    expect(coversHostname(leaf.certificate, 'team-a-0.team-a-pods.default.wharfinger.internal')).toBe(true);
    expect(coversHostname(leaf.certificate, 'fd00::7')).toBe(true);
    expect(coversHostname(leaf.certificate, '10.0.0.8')).toBe(false);
  });
});

describe('renewalReason', () => {
  const wanted = (): string[] => [
    ...names.map((name) => altNameOf('dns', name)),
    ...addresses.map((address) => altNameOf('ip', address)),
  ];
  const ask = (change: object = {}): string | undefined =>
    renewalReason({
      certificate: leaf.certificate,
      authority: authority.certificate,
      names: wanted(),
      now,
      ...change,
    });

  it('is none while two thirds of the validity are left and the names are the same', () => {
    expect(subjectAltNames(leaf.certificate)).toEqual(wanted().sort());
    expect(ask()).toBeUndefined();
    expect(ask({ now: daysFrom(now, 230) })).toBeUndefined();
  });

  it('is the time when less than a third is left', () => {
    expect(ask({ now: daysFrom(now, 245) })).toBe('it expires soon');
  });

  it('comes up to a tenth sooner, by the certificate, and as long before the end as is asked for', () => {
    const at = (fingerprint: string, renewBeforeMs?: number): number =>
      renewalTime({ notBefore: 0, notAfter: 300_000, fingerprint }, renewBeforeMs);
    expect([at('00000000'), at('80000000'), at('ffffffff')]).toEqual([200_000, 195_000, 190_000]);
    expect([at('00000000', 30_000), at('ffffffff', 30_000)]).toEqual([270_000, 267_000]);
    expect([at('00000000', 290_000), at('ffffffff', 290_000)]).toEqual([10_000, 9000]);
    expect(at('00000000', 400_000)).toBe(200_000);
  });

  it('is the names when they changed, and the CA when it is another', async () => {
    const other = await createAuthority({ subject, key, validityDays: 10, now });
    expect(ask({ names: wanted().slice(1) })).toBe('its names changed');
    expect(ask({ authority: other.certificate })).toBe('it was not issued by the CA');
  });

  it('is none for a certificate that ends with its CA', async () => {
    const long = await issueLeaf(request({ validityDays: 36_500 }));
    expect(ask({ certificate: long.certificate, now: daysFrom(now, 3600) })).toBeUndefined();
  });
});
