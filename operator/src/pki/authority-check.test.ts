import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthorityMaterial, checkAuthority } from './authority-check.ts';
import { CertificateError } from './certificate-error.ts';
import { certificateFacts } from './inspection.ts';
import type { Credentials } from './issuer.ts';
import { issueLeaf } from './leaf.ts';
import { forbiddenNames } from './name-constraints.ts';
import { type OpensslFolder, opensslFolder } from './test-authorities.ts';
import { refusalOf } from './trial.ts';

const now = new Date();
const hostname = 'registry.team-a.example';
const ca = 'basicConstraints=critical,CA:TRUE';
let folder: OpensslFolder;
let root: Credentials;
let issuing: Credentials;

beforeAll(async () => {
  folder = await opensslFolder();
  root = await folder.make({ subject: '/CN=root', extensions: [ca] });
  issuing = await folder.make({ subject: '/CN=issuing', by: root, extensions: [`${ca},pathlen:0`] });
});
afterAll(() => folder.remove());

const check = (change: Partial<AuthorityMaterial>): ReturnType<typeof checkAuthority> =>
  checkAuthority({ ...root, roots: undefined, below: 0, now, ...change });

async function refused(by: Credentials, chain: readonly Credentials[] = []): Promise<string | undefined> {
  const certificate = [by, ...chain].map((one) => one.certificate).join('');
  const issuer = checkAuthority({ certificate, privateKey: by.privateKey, roots: undefined, below: 0, now });
  const credentials = await issueLeaf({
    issuer,
    subject: { commonName: hostname },
    usage: 'server',
    dnsNames: [hostname],
    ipAddresses: [],
    key: { algorithm: 'ECDSA', size: 256 },
    validityDays: 9,
    now,
  });
  return refusalOf({ credentials, trusted: issuer.roots, hostname });
}

describe('checkAuthority', () => {
  it('sends all but the root along', () => {
    const certificate = `comment\n${issuing.certificate.replaceAll('\n', '\r\n')}${root.certificate}`;
    const issuer = check({ ...issuing, certificate });
    expect(issuer.chain).toEqual([issuing.certificate]);
    expect(issuer.roots).toEqual([root.certificate]);
    expect(check({}).chain).toEqual([]);
  });

  it('takes the root from ca.crt, and knows none where none is given', () => {
    expect(check({ ...issuing, roots: root.certificate }).roots).toEqual([root.certificate]);
    expect(check(issuing).roots).toEqual([]);
  });

  it.each<[string, string, () => Promise<Partial<AuthorityMaterial>>]>([
    ['no PEM', 'tls.crt holds no certificate in PEM', async () => ({ certificate: '' })],
    [
      'broken PEM',
      'certificate 2 in tls.crt cannot be read',
      async () => ({
        certificate: `${root.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
      }),
    ],
    ['no key', 'tls.key holds no unencrypted private key in PEM', async () => ({ privateKey: 'a secret' })],
    ['another key', 'tls.key is not the key of the first', async () => ({ privateKey: issuing.privateKey })],
    ['a leaf', 'the CA in tls.crt is not a CA', async () => folder.make({ extensions: [] })],
    [
      'a CA without the right to sign',
      'its key usage lacks keyCertSign',
      async () => folder.make({ extensions: [ca, 'keyUsage=critical,cRLSign,digitalSignature'] }),
    ],
    [
      'a CA for other purposes',
      'its extended key usage lacks serverAuth',
      async () => folder.make({ extensions: [ca, 'extendedKeyUsage=clientAuth'] }),
    ],
    [
      'a short key',
      'the CA in tls.crt has an RSA key of 1024 bits',
      async () =>
        folder.make({ extensions: [ca], key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'] }),
    ],
    [
      'a curve that no client knows',
      'a key of kind ec with curve secp256k1',
      async () =>
        folder.make({
          extensions: [ca],
          key: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
        }),
    ],
    [
      'an old digest',
      'the CA in tls.crt is signed with',
      async () => folder.make({ subject: '/CN=old', by: root, extensions: [ca], digest: 'sha1' }),
    ],
    ['a CA that is over', 'expired at', async () => ({ now: new Date(now.getTime() + 31 * 86_400_000) })],
    [
      'a CA that is not yet valid',
      'is not valid before',
      async () => ({ now: new Date(now.getTime() - 86_400_000) }),
    ],
    [
      'a chain in another order',
      'certificate 2 in tls.crt did not issue the one before it',
      async () => ({ certificate: root.certificate + issuing.certificate }),
    ],
    [
      'an intermediate below a path length of 0',
      'certificate 2 in tls.crt has path length 0, but 1 intermediate CA is to stand',
      async () => {
        const top = await folder.make({ subject: '/CN=top', extensions: [`${ca},pathlen:0`] });
        const low = await folder.make({ subject: '/CN=low', by: top, extensions: [ca] });
        return { ...low, certificate: low.certificate + top.certificate };
      },
    ],
    [
      'no room for another intermediate',
      'the CA in tls.crt has path length 0',
      async () => ({ ...issuing, below: 1 }),
    ],
    [
      'a foreign root',
      'no certificate in ca.crt issued the last one in tls.crt',
      async () => ({ ...issuing, roots: (await folder.make({ extensions: [ca] })).certificate }),
    ],
  ])('names %s', async (_what, sentence, material) => {
    const made = await material();
    expect(() => check(made)).toThrow(sentence);
    expect(() => check(made)).toThrow(CertificateError);
  });

  it.each([
    ['RSA', ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ['P-521', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
    ['Ed25519', ['-algorithm', 'ED25519']],
  ])('issues from a %s key what a client accepts', async (_what, key) => {
    expect(
      await refused(await folder.make({ subject: '/O=Häuser/CN=own', extensions: [ca], key })),
    ).toBeUndefined();
  });

  it('issues nothing that outlives a certificate above it', async () => {
    const short = await folder.make({ subject: '/CN=short', extensions: [ca], days: 3 });
    const low = await folder.make({ subject: '/CN=low', by: short, extensions: [ca], days: 30 });
    const issuer = check({ ...low, certificate: low.certificate + short.certificate });
    const leaf = await issueLeaf({
      issuer,
      subject: { commonName: hostname },
      usage: 'server',
      dnsNames: [hostname],
      ipAddresses: [],
      key: { algorithm: 'ECDSA', size: 256 },
      validityDays: 20,
      now,
    });
    expect(certificateFacts(leaf.certificate).notAfter).toBe(certificateFacts(short.certificate).notAfter);
  });
});

describe('a trial handshake', () => {
  it('accepts what is good, and tells what is wrong', async () => {
    expect(await refused(issuing, [root])).toBeUndefined();
    const limited = 'nameConstraints=critical,permitted;dirName:limit\n[limit]\nO=Other';
    const narrow = await folder.make({ subject: '/CN=narrow', extensions: [ca, limited] });
    expect(await refused(narrow)).toBe('permitted subtree violation');
    const credentials = { certificate: issuing.certificate, privateKey: issuing.privateKey };
    expect(await refusalOf({ credentials, trusted: [root.certificate], hostname })).toBeDefined();
  });
});

describe('forbiddenNames', () => {
  const ask = async (
    constraints: string,
    dnsNames: string[],
    ipAddresses: string[] = [],
  ): Promise<string[]> => {
    const made = await folder.make({ extensions: [ca, `nameConstraints=critical,${constraints}`] });
    return forbiddenNames([root.certificate, made.certificate], { dnsNames, ipAddresses });
  };

  it('finds what is outside of the permitted and inside of the excluded', async () => {
    const constraints = 'permitted;DNS:Example.com,permitted;DNS:.sub.test,excluded;DNS:bad.example.com';
    const names = [
      'example.com',
      'a.example.com',
      'notexample.com',
      'x.bad.example.com',
      'sub.test',
      'a.sub.test',
    ];
    expect(await ask(constraints, names)).toEqual(['notexample.com', 'x.bad.example.com', 'sub.test']);
  });

  it('knows ranges of addresses of both families', async () => {
    const constraints = 'permitted;IP:10.1.0.0/255.255.0.0,permitted;IP:fd00::/ff00::';
    expect(await ask(constraints, ['any.example'], ['10.1.2.3', '10.2.0.1', 'fd12::1', 'fe80::1'])).toEqual([
      '10.2.0.1',
      'fe80::1',
    ]);
    expect(await ask('permitted;IP:10.1.0.0/255.255.0.0', [], ['fd12::1'])).toEqual(['fd12::1']);
  });
});
