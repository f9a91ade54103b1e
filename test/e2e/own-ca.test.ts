import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { nodeAddress } from '../support/machine.ts';
import { type Access, RegistryClient } from '../support/registry-client.ts';
import { createRegistry, registryObject } from '../support/registries.ts';

const namespace = 'e2e-own-ca';
const name = 'house';
const folder = mkdtempSync(join(tmpdir(), 'wharfinger-ca-'));
const file = (of: string): string => join(folder, of);
const read = (of: string): string => readFileSync(file(of), 'utf8');
let access: Access;

interface Issue {
  readonly of: string;
  readonly by?: string;
  readonly key: readonly string[];
  readonly extensions: readonly string[];
}

/** Makes `OF.key` and `OF.crt` with openssl, self-signed without `by`. */
async function issue({ of, by, key, extensions }: Issue): Promise<void> {
  await must(['openssl', 'genpkey', ...key, '-out', file(`${of}.key`)]);
  // As `-x509_strict` demands.
  const identifiers = ['subjectKeyIdentifier=hash', ...(by ? ['authorityKeyIdentifier=keyid'] : [])];
  writeFileSync(file('extensions'), [...extensions, ...identifiers].join('\n'));
  const request = [
    'openssl',
    'req',
    '-new',
    '-key',
    file(`${of}.key`),
    '-subj',
    `/O=Haus/CN=${of}`,
    '-out',
    file('csr'),
  ];
  await must(request);
  const signer = by
    ? ['-CA', file(`${by}.crt`), '-CAkey', file(`${by}.key`)]
    : ['-signkey', file(`${of}.key`)];
  const out = ['-out', file(`${of}.crt`), '-days', '30', '-extfile', file('extensions')];
  await must(['openssl', 'x509', '-req', '-in', file('csr'), ...signer, ...out, '-set_serial', '7']);
}

const ec = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'];
const authority = (pathLength: number, ...more: string[]): string[] => [
  `basicConstraints=critical,CA:TRUE,pathlen:${pathLength}`,
  'keyUsage=critical,keyCertSign,cRLSign',
  ...more,
];

async function putSecret(certificate: string, key: string): Promise<void> {
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { namespace, name: 'house-ca-pair' },
    stringData: { 'tls.crt': certificate, 'tls.key': key },
  });
}

function withTls(more: object = {}, tls: object = {}): object {
  const ca = { secretName: 'house-ca-pair', keyAlgorithm: 'ECDSA', ...more };
  return registryObject({ namespace, name, spec: { tls: { ca, trustOverlap: '10s', ...tls } } });
}

beforeAll(async () => {
  await createNamespace(namespace);
  await issue({
    of: 'root',
    key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'],
    extensions: authority(1),
  });
  await issue({ of: 'issuing', by: 'root', key: ec, extensions: authority(0) });
  await issue({ of: 'server', by: 'root', key: ec, extensions: ['basicConstraints=CA:FALSE'] });
  await putSecret(read('issuing.crt') + read('root.crt'), read('issuing.key'));
  const spec = { tls: { ca: { secretName: 'house-ca-pair', keyAlgorithm: 'ECDSA' }, trustOverlap: '10s' } };
  access = await createRegistry({ namespace, name, spec });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await deleteNamespace(namespace);
});

/** What openssl says of the chain that is served, verified as a client that knows this root alone does. */
async function handshake(root: string): Promise<string> {
  const trust = ['-CAfile', file(root), '-verify_return_error', '-x509_strict', '-verify_ip', nodeAddress()];
  const { status, stdout, stderr } = await execute(
    ['openssl', 's_client', '-connect', access.host, '-showcerts', ...trust],
    { input: '' },
  );
  if (status !== 0) throw new Error(stderr + stdout);
  return stdout;
}

const served = (text: string): number => (text.match(/BEGIN CERTIFICATE/g) ?? []).length;

test('A3: a CA of the user’s own issues the certificate; servers send the intermediate, clients get the root', async () => {
  expect(access.ca).toBe(read('root.crt'));
  const text = await handshake('root.crt');
  expect(served(text)).toBe(2);
  expect(text).toMatch(/id-ecPublicKey, 256 \(bit\); sigalg: ecdsa-with-SHA384/);
  const client = new RegistryClient(access);
  const one = image([randomLayer()]);
  await client.push('app', 'v1', one);
  await client.pull('app', 'v1', one);
  client.close();
});

test('A3: broken material is named, and what was issued before is still served', async () => {
  const cases = [
    [read('issuing.crt'), read('root.key'), 'tls.key is not the key of the first certificate in tls.crt'],
    [read('server.crt') + read('root.crt'), read('server.key'), 'the CA in tls.crt is not a CA'],
    ['nothing', 'nothing', 'tls.crt holds no certificate in PEM'],
  ] as const;
  for (const [certificate, key, sentence] of cases) {
    await putSecret(certificate, key);
    await eventually(sentence, async () => {
      const found = condition(await get('registry', namespace, name), 'CertificateReady');
      return found?.reason === 'InvalidCA' && found.message.includes(sentence);
    });
  }
  await handshake('root.crt');
  await putSecret(read('issuing.crt') + read('root.crt'), read('issuing.key'));
  await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
});

test('A3: an intermediate that the CA leaves no room for is refused, and issued where there is room', async () => {
  await apply(withTls({ intermediate: {} }));
  const stalled = await waitForCondition({ kind: 'registry', namespace, name }, 'Stalled');
  expect(condition(stalled, 'CertificateReady')?.message).toContain('path length 0');
  await putSecret(read('root.crt'), read('root.key'));
  await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
  const text = await eventually('the chain with the intermediate', async () => {
    const shown = await handshake('root.crt');
    return shown.includes('intermediate CA') && shown;
  });
  expect(served(text)).toBe(2);
});

test('A5: another CA in the Secret is trusted before it is served', async () => {
  await issue({ of: 'other', key: ec, extensions: authority(1) });
  await putSecret(read('other.crt'), read('other.key'));
  await eventually('both CAs are published', async () => {
    const { data } = await get('configmap', namespace, `${name}-ca`);
    return (data as Record<string, string>)['ca.crt'] === read('other.crt') + read('root.crt');
  });
  await handshake('root.crt');
  await eventually('a certificate from the other CA', () => handshake('other.crt'));
  await eventually('the old CA is taken away', async () => {
    const { data } = await get('configmap', namespace, `${name}-ca`);
    return (data as Record<string, string>)['ca.crt'] === read('other.crt');
  });
});

test.each([
  ['two sources', { selfSigned: {}, ca: { secretName: 'x' } }, 'set exactly one of'],
  [
    'a size of another algorithm',
    { selfSigned: { keyAlgorithm: 'ECDSA', keySize: 2048 } },
    'keySize does not fit',
  ],
  [
    'such a size of the CA',
    { selfSigned: { ca: { keyAlgorithm: 'ECDSA', keySize: 4096 } } },
    'ca.keySize does not fit',
  ],
  [
    'an inherited one',
    { selfSigned: { keyAlgorithm: 'ECDSA', ca: { keySize: 4096 } } },
    'ca.keySize does not fit',
  ],
  [
    'a renewal before the issue',
    { selfSigned: { validityDays: 1, renewBefore: '24h' } },
    'renewBefore must be',
  ],
  ['one of the CA', { selfSigned: { ca: { validityDays: 2, renewBefore: '48h' } } }, 'renewBefore must be'],
  ['no URL', { selfSigned: { ocspServers: ['ocsp.example'] } }, 'not a URL'],
  ['an overlap that is none', { selfSigned: {}, trustOverlap: 'soon' }, 'not a duration'],
])('A2, A3: the API server refuses %s', async (_what, tls, sentence) => {
  const wanted = JSON.stringify(registryObject({ namespace, name: 'refused', spec: { tls } }));
  const { status, stderr } = await tryKubectl(['apply', '--dry-run=server', '-f', '-'], wanted);
  expect(status).not.toBe(0);
  expect(stderr).toContain(sentence);
});

test('A2: ECDSA, an intermediate and URLs of the operator’s own CA, as openssl reads them', async () => {
  const selfSigned = {
    keyAlgorithm: 'ECDSA',
    keySize: 384,
    intermediate: {},
    crlDistributionPoints: ['http://crl.example/one.crl'],
    ocspServers: ['http://ocsp.example'],
    issuingCertificateURLs: ['http://ca.example/ca.crt'],
    subject: { country: 'CN', locality: '北京', organization: '码头公司' },
  };
  const own = await createRegistry({ namespace, name: 'own', spec: { tls: { selfSigned } } });
  writeFileSync(file('own.crt'), own.ca);
  access = own;
  const shown = await handshake('own.crt');
  expect(served(shown)).toBe(2);
  writeFileSync(file('shown.pem'), shown);
  const text = await must([
    'openssl',
    'x509',
    '-in',
    file('shown.pem'),
    '-noout',
    '-text',
    '-nameopt',
    'utf8,sep_comma_plus',
  ]);
  for (const part of [
    'ecdsa-with-SHA384',
    'ASN1 OID: secp384r1',
    'URI:http://crl.example/one.crl',
    'OCSP - URI:http://ocsp.example',
    'CA Issuers - URI:http://ca.example/ca.crt',
    'C=CN,L=北京,O=码头公司',
  ])
    expect(text).toContain(part);
  await kubectl(['delete', 'registry', 'own', '-n', namespace, '--wait=false']);
});
