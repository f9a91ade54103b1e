import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, createIntermediate } from './authority.ts';
import { certificatesIn } from './bundle.ts';
import { daysFrom } from './certificate.ts';
import type { RevocationUrls } from './extensions.ts';
import { type Issuer, rootIssuer } from './issuer.ts';
import type { KeySpec } from './key-pair.ts';
import { issueLeaf } from './leaf.ts';
import { type OpensslFolder, opensslFolder } from './test-authorities.ts';

const now = new Date();
const hostname = 'registry.team-a.example';
const noUrls: RevocationUrls = { crlDistributionPoints: [], ocspServers: [], issuingCertificateURLs: [] };
let folder: OpensslFolder;

beforeAll(async () => {
  folder = await opensslFolder();
});
afterAll(() => folder.remove());

async function chain(
  key: KeySpec,
  urls: RevocationUrls = noUrls,
): Promise<Issuer & { leaf: string; leafKey: string }> {
  const subject = { country: 'CN', locality: '北京', organization: '码头公司', commonName: 'root' };
  const root = rootIssuer(await createAuthority({ subject, key, validityDays: 3650, pathLength: 1, now }));
  const below = { ...subject, commonName: 'intermediate' };
  const made = await createIntermediate({ issuer: root, subject: below, key, validityDays: 99, urls, now });
  const issuer = { credentials: made, chain: [made.certificate], roots: root.roots };
  const leaf = await issueLeaf({
    issuer,
    subject: { commonName: hostname },
    usage: 'server',
    dnsNames: [hostname],
    ipAddresses: ['10.0.0.7', 'fd00::7'],
    key,
    validityDays: 3650,
    urls,
    now,
  });
  return { ...issuer, leaf: leaf.certificate, leafKey: leaf.privateKey };
}

async function shownTo(roots: readonly string[], cert: string, key: string): Promise<string[]> {
  const server = createServer({ cert, key }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', servername: hostname, ca: [...roots] });
  await once(socket, 'secureConnect');
  const names: string[] = [];
  let one: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (one && names.length < 3) {
    names.push(one.subject);
    one = one.issuerCertificate;
  }
  socket.destroy();
  server.close();
  return names;
}

describe('a chain of root, intermediate and leaf', () => {
  it.each<[KeySpec, string, string]>([
    [{ algorithm: 'RSA', size: 2048 }, 'sha256WithRSAEncryption', '(2048 bit)'],
    [{ algorithm: 'RSA', size: 3072 }, 'sha256WithRSAEncryption', '(3072 bit)'],
    [{ algorithm: 'RSA', size: 4096 }, 'sha256WithRSAEncryption', '(4096 bit)'],
    [{ algorithm: 'ECDSA', size: 256 }, 'ecdsa-with-SHA256', 'prime256v1'],
    [{ algorithm: 'ECDSA', size: 384 }, 'ecdsa-with-SHA384', 'secp384r1'],
  ])(
    'with %o is verified strictly by openssl and served in a handshake',
    async (key, algorithm, kind) => {
      const { leaf, leafKey, roots } = await chain(key);
      const [own = '', between = ''] = certificatesIn(leaf, 'tls.crt');
      await Promise.all([
        folder.write('root.crt', roots.join('')),
        folder.write('between.crt', between),
        folder.write('leaf.crt', own),
      ]);
      const trust = ['-CAfile', 'root.crt', '-untrusted', 'between.crt'];
      const strict = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', hostname];
      expect(await folder.openssl('verify', ...trust, ...strict, 'leaf.crt')).toContain('leaf.crt: OK');
      const text = await folder.openssl('x509', '-in', 'leaf.crt', '-noout', '-text');
      expect(text.match(new RegExp(`Signature Algorithm: ${algorithm}`, 'g'))).toHaveLength(2);
      expect(text).toContain(kind);
      expect(text.includes('Key Encipherment')).toBe(key.algorithm === 'RSA');
      const middle = await folder.openssl('x509', '-in', 'between.crt', '-noout', '-text');
      expect(middle).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
      expect(middle).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
      const upper = await folder.openssl('x509', '-in', 'root.crt', '-noout', '-text');
      const identifier = (name: string, of: string): string =>
        new RegExp(`${name} Key Identifier:\\s+(?:keyid:)?([0-9A-F:]{59})`).exec(of)?.[1] ?? name;
      expect(identifier('Authority', text)).toBe(identifier('Subject', middle));
      expect(identifier('Authority', middle)).toBe(identifier('Subject', upper));
      expect(await shownTo(roots, leaf, leafKey)).toEqual([
        `CN=${hostname}`,
        expect.stringContaining('CN=intermediate') as string,
      ]);
    },
    60_000,
  );

  it('names where others tell of revocation', async () => {
    const urls = {
      crlDistributionPoints: ['http://crl.example/1', 'http://crl.example/2'],
      ocspServers: ['http://ocsp.example'],
      issuingCertificateURLs: ['https://ca.example/ca.crt'],
    };
    const { leaf } = await chain({ algorithm: 'ECDSA', size: 256 }, urls);
    for (const [at, one] of certificatesIn(leaf, 'tls.crt').entries()) {
      await folder.write(`${at}.crt`, one);
      const text = await folder.openssl('x509', '-in', `${at}.crt`, '-noout', '-text');
      const found = [...text.matchAll(/(OCSP - |CA Issuers - |)URI:(\S+)/g)].map(([all]) => all);
      expect(found).toEqual([
        'URI:http://crl.example/1',
        'URI:http://crl.example/2',
        'OCSP - URI:http://ocsp.example',
        'CA Issuers - URI:https://ca.example/ca.crt',
      ]);
    }
  });

  it('may end after 2049', async () => {
    const key = { algorithm: 'ECDSA', size: 256 } as const;
    const made = await createAuthority({ subject: { commonName: 'long' }, key, validityDays: 21_900, now });
    await folder.write('long.crt', made.certificate);
    expect(await folder.openssl('verify', '-x509_strict', '-CAfile', 'long.crt', 'long.crt')).toContain('OK');
    const end = new X509Certificate(made.certificate).validToDate;
    expect(Math.abs(end.getTime() - daysFrom(now, 21_900).getTime())).toBeLessThan(1000);
  });
});
