import { createSecretKey } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { libtrustName, namesOfKey } from '../auth/key-names.ts';
import { derOf, issue, publicOf } from '../auth/token-fixture.ts';
import { codesOf, startServer, type TestServer } from './test-server.ts';
import { bearing, bundle, ec, ed, root, rsa, start, tags, tokenOf, yamlOf } from './token-auth-fixture.ts';

const now = Math.floor(Date.now() / 1000);
const stranger = issue('P-256');

let server: TestServer;
beforeEach(async () => {
  server = await start();
});

async function answerTo(token: string, on = server): Promise<[status: number, problem: string | undefined]> {
  const response = await on.request('GET', tags, bearing(token));
  const problem = /error="([a-z_]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1];
  await response.arrayBuffer();
  return [response.status, problem];
}

/** Let in, where there is no such repository. */
const taken = [404, undefined] as const;
const invalid = [401, 'invalid_token'] as const;

describe('auth.token', () => {
  it.each([
    ['RS256', rsa],
    ['RS512', rsa],
    ['PS256', rsa],
    ['PS384', rsa],
    ['ES256', ec],
    ['ES384', root],
    ['EdDSA', ed],
  ] as const)('takes %s by a key of the bundle, under every name of that key', async (alg, by) => {
    for (const kid of namesOfKey(publicOf(by))) {
      expect(await answerTo(await tokenOf({ key: by.key, header: { alg, kid } }))).toEqual(taken);
    }
  });

  it('takes a bearer whatever the case of the word', async () => {
    const authorization = `bEARER ${await tokenOf()}`;
    expect((await server.request('GET', tags, { headers: { authorization } })).status).toBe(404);
  });

  it.each([
    ['over', { exp: now - 61 }],
    ['not yet valid', { nbf: now + 100 }],
    ['without an end', { exp: undefined }],
    ['with an end that is no number', { exp: 'tomorrow' }],
    ['of another issuer', { iss: 'other' }],
    ['without an issuer', { iss: undefined }],
    ['for another service', { aud: 'other' }],
    ['for other services', { aud: ['other', 'Service'] }],
    ['without a service', { aud: undefined }],
    ['with something else for access', { access: { type: 'repository' } }],
    ['with nonsense in access', { access: [null] }],
  ])('refuses one %s', async (_, claims) => {
    expect(await answerTo(await tokenOf({ claims }))).toEqual(invalid);
  });

  it.each([
    ['over since less than a minute', { exp: now - 40 }],
    ['valid in less than a minute', { nbf: now + 40 }],
    ['for several services', { aud: ['other', 'service'] }],
    ['without a user', { sub: undefined }],
  ])('takes one %s', async (_, claims) => {
    expect(await answerTo(await tokenOf({ claims }))).toEqual(taken);
  });

  it.each([
    ['no kid', { kid: undefined }, ec],
    ['an unknown kid', { kid: libtrustName(publicOf(stranger)) }, stranger],
    ['the kid of another key', { kid: libtrustName(publicOf(ec)) }, stranger],
    ['the kid of a key of another kind', { kid: libtrustName(publicOf(rsa)) }, ec],
  ])('refuses one with %s', async (_, header, by) => {
    expect(await answerTo(await tokenOf({ key: by.key, header }))).toEqual(invalid);
  });

  it('refuses a signature that everybody can make: none, and HS256 with a public key as its secret', async () => {
    const [, payload] = (await tokenOf()).split('.');
    for (const alg of ['none', 'None', '']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: libtrustName(publicOf(ec)) })).toString(
        'base64url',
      );
      expect(await answerTo(`${header}.${payload}.`)).toEqual(invalid);
      expect(await answerTo(`${header}.${payload}.AAAA`)).toEqual(invalid);
    }
    for (const by of [ec, rsa]) {
      for (const format of ['pem', 'der'] as const) {
        const secret = createSecretKey(Buffer.from(publicOf(by).export({ type: 'spki', format })));
        const header = { alg: 'HS256', kid: libtrustName(publicOf(by)) };
        expect(await answerTo(await tokenOf({ key: secret, header }))).toEqual(invalid);
      }
    }
  });

  it('refuses what is not quite a token', async () => {
    const token = await tokenOf();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const other = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('team/app', 'team/apq'));
    for (const bad of [
      'x',
      '..',
      `${header}.${payload}`,
      `${token}.x`,
      `${header}.${payload}.`,
      `${header}.${other.toString('base64url')}.${signature}`,
      Buffer.from('ci:secret').toString('base64'),
    ]) {
      expect([bad, ...(await answerTo(bad))]).toEqual([bad, ...invalid]);
    }
  });

  it('asks for a token when there is none', async () => {
    for (const headers of [
      {},
      { authorization: 'Basic Y2k6c2VjcmV0' },
      { authorization: 'Bearer' },
      { authorization: '' },
    ]) {
      const response = await server.request('GET', tags, { headers });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="https://auth.example/token",service="service",scope="repository:team/app:pull"',
      ]);
      expect(await codesOf(response)).toEqual(['UNAUTHORIZED']);
    }
  });

  it('logs who came, and never the token', async () => {
    const token = await tokenOf();
    await answerTo(token);
    await expect.poll(() => server.log.map(({ user }) => user)).toEqual(['ci']);
    expect(JSON.stringify(server.log)).not.toContain(token.split('.')[2]);
  });
});

describe('a token that brings its key', () => {
  const intermediate = issue('P-256', { by: root });
  const leaf = issue('RSA', { by: intermediate, constraints: 'CA:FALSE' });
  const rs256 = { alg: 'RS256', kid: undefined };

  it('is taken by a chain of certificates that ends in the bundle', async () => {
    const x5c = [leaf, intermediate].map(derOf);
    expect(await answerTo(await tokenOf({ key: leaf.key, header: { ...rs256, x5c } }))).toEqual(taken);
    expect(await answerTo(await tokenOf({ header: { kid: undefined, x5c: [derOf(ec)] } }))).toEqual(taken);
  });

  it('is refused by any other chain, whatever its kid says', async () => {
    const known = { alg: 'ES256', kid: libtrustName(publicOf(ec)) };
    const chains = [[derOf(leaf)], [derOf(stranger)], [derOf(intermediate), derOf(leaf)], ['AAAA'], ['']];
    for (const x5c of chains) {
      expect(await answerTo(await tokenOf({ key: leaf.key, header: { ...rs256, x5c } }))).toEqual(invalid);
      expect(await answerTo(await tokenOf({ key: stranger.key, header: { ...known, x5c } }))).toEqual(
        invalid,
      );
    }
  });

  it('is refused when another key has signed it than that of the first certificate', async () => {
    const x5c = [derOf(ec)];
    expect(await answerTo(await tokenOf({ key: stranger.key, header: { kid: undefined, x5c } }))).toEqual(
      invalid,
    );
  });

  it('is taken by a JWK that is trusted, or whose own chain ends in the bundle', async () => {
    const jwk = publicOf(ec).export({ format: 'jwk' });
    expect(await answerTo(await tokenOf({ header: { kid: undefined, jwk } }))).toEqual(taken);
    const chained = { ...publicOf(leaf).export({ format: 'jwk' }), x5c: [leaf, intermediate].map(derOf) };
    expect(await answerTo(await tokenOf({ key: leaf.key, header: { ...rs256, jwk: chained } }))).toEqual(
      taken,
    );
  });

  it('is refused by a JWK of its own, one under a trusted name, or one beside a chain of another key', async () => {
    const own = publicOf(stranger).export({ format: 'jwk' });
    const names = { kid: libtrustName(publicOf(ec)) };
    const jwks: object[] = [
      own,
      { ...own, ...names },
      { ...own, x5c: [derOf(ec)] },
      { ...own, x5c: [derOf(stranger)] },
    ];
    const mixed = { ...own, x5c: [leaf, intermediate].map(derOf) };
    expect(await answerTo(await tokenOf({ key: leaf.key, header: { ...rs256, jwk: mixed } }))).toEqual(
      invalid,
    );
    for (const jwk of [...jwks, {}, { kty: 'oct', k: 'AAAA' }]) {
      expect(await answerTo(await tokenOf({ key: stranger.key, header: { ...names, jwk } }))).toEqual(
        invalid,
      );
    }
  });
});

describe('keys of auth.token', () => {
  const jwk = publicOf(stranger).export({ format: 'jwk' });

  it('come from a JWKS too, under the names that it gives', async () => {
    const jwks = JSON.stringify({ keys: [{ ...jwk, kid: 'key of 2026' }] });
    const own = await start(', jwks: /unused', jwks);
    const token = await tokenOf({ key: stranger.key, header: { kid: 'key of 2026' } });
    expect(await answerTo(token, own)).toEqual(taken);
    expect(await answerTo(token)).toEqual(invalid);
    expect(await answerTo(await tokenOf(), own)).toEqual(taken);
  });

  it('serve the algorithm that the JWKS says, and no other', async () => {
    const keys = [{ ...publicOf(rsa).export({ format: 'jwk' }), kid: 'rsa', alg: 'PS256' }];
    const own = await startServer({
      yaml: yamlOf(),
      tokenKeys: { rootcertbundle: null, jwks: JSON.stringify({ keys }) },
    });
    const by = (alg: string): Promise<string> => tokenOf({ key: rsa.key, header: { alg, kid: 'rsa' } });
    expect([await answerTo(await by('PS256'), own), await answerTo(await by('RS256'), own)]).toEqual([
      taken,
      invalid,
    ]);
  });

  it('serve the algorithms of signingalgorithms alone', async () => {
    const own = await start(', signingalgorithms: [RS384, EdDSA]');
    const kid = libtrustName(publicOf(rsa));
    const answers = await Promise.all(
      ['RS256', 'RS384'].map(async (alg) =>
        answerTo(await tokenOf({ key: rsa.key, header: { alg, kid } }), own),
      ),
    );
    expect(answers).toEqual([invalid, taken]);
    expect(await answerTo(await tokenOf(), own)).toEqual(invalid);
  });
});

describe('auth.token.autoredirect', () => {
  it.each([
    ['', '', '/auth/token'],
    [', autoredirectpath: /elsewhere', '', '/elsewhere'],
    ['', 'http: {host: "https://registry.example:8443"}', '/auth/token'],
  ])('sends clients to the host that they asked (%s %s)', async (extra, http, path) => {
    const own = await startServer({
      yaml: `${yamlOf(`, autoredirect: true${extra}`)}\n${http}`,
      tokenKeys: { rootcertbundle: bundle, jwks: null },
    });
    const realmOf = async (headers: Record<string, string>): Promise<string | undefined> => {
      const response = await own.request('GET', tags, { headers });
      return /realm="([^"]*)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1];
    };
    const fixed = http === '' ? undefined : 'https://registry.example:8443';
    expect(await realmOf({})).toBe((fixed ?? own.url) + path);
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'edge.example' };
    expect(await realmOf(forwarded)).toBe((fixed ?? 'https://edge.example') + path);
  });
});
