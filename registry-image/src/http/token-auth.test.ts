import { createSecretKey, type KeyObject } from 'node:crypto';
import type { JWTHeaderParameters } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { libtrustName, namesOfKey } from '../auth/key-names.ts';
import { derOf, issue, publicOf, sign } from '../auth/token-fixture.ts';
import { layerLinkPath } from '../storage/paths.ts';
import { codesOf, startServer, type TestServer } from './test-server.ts';

const now = Math.floor(Date.now() / 1000);
const rsa = issue('RSA');
const ec = issue('P-256');
const ed = issue('Ed25519');
const stranger = issue('P-256');
const root = issue('P-384');
const bundle = [rsa, ec, ed, root].map(({ pem }) => pem).join('');
const pull = [{ type: 'repository', name: 'team/app', actions: ['pull'] }];
const tags = '/v2/team/app/tags/list';

function yamlOf(extra = ''): string {
  const token = `realm: https://auth.example/token, service: service, issuer: issuer, rootcertbundle: /unused${extra}`;
  return `storage: {delete: {enabled: true}}\nauth: {token: {${token}}}`;
}

let server: TestServer;
beforeEach(async () => {
  server = await start();
});

async function start(extra = '', jwks: string | null = null): Promise<TestServer> {
  return startServer({
    yaml: yamlOf(extra),
    tokenKeys: { rootcertbundle: bundle, jwks },
  });
}

function bearing(token: string): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** A token for `pull` by the EC key, but for what is said. */
function tokenOf(
  options: {
    key?: KeyObject | Uint8Array;
    header?: Partial<JWTHeaderParameters>;
    access?: readonly object[];
    claims?: Record<string, unknown>;
  } = {},
): Promise<string> {
  return sign({
    key: options.key ?? ec.key,
    header: { alg: 'ES256', kid: libtrustName(publicOf(ec)), ...options.header },
    access: options.access ?? pull,
    claims: options.claims,
  });
}

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

describe('scopes', () => {
  const unknown = `sha256:${'0'.repeat(64)}`;
  const other = { type: 'repository', name: 'team/other', actions: ['*'] };
  const catalog = { type: 'registry', name: 'catalog', actions: ['*'] };

  function grant(...actions: string[]): object {
    return { type: 'repository', name: 'team/app', actions };
  }

  it.each([
    ['GET', '/v2/', '', []],
    ['GET', tags, 'repository:team/app:pull', [grant('pull')]],
    ['GET', '/v2/team/app/manifests/v1', 'repository:team/app:pull', [grant('pull')]],
    ['GET', `/v2/team/app/referrers/${unknown}`, 'repository:team/app:pull', [grant('pull')]],
    ['HEAD', `/v2/team/app/blobs/${unknown}`, 'repository:team/app:pull', [grant('pull')]],
    ['PUT', '/v2/team/app/manifests/v1', 'repository:team/app:pull,push', [grant('pull', 'push')]],
    ['POST', '/v2/team/app/blobs/uploads/', 'repository:team/app:pull,push', [grant('push', 'pull')]],
    ['PATCH', '/v2/team/app/blobs/uploads/x', 'repository:team/app:pull,push', [grant('*')]],
    ['DELETE', `/v2/team/app/blobs/${unknown}`, 'repository:team/app:delete', [grant('delete')]],
    ['DELETE', '/v2/team/app/manifests/v1', 'repository:team/app:delete', [grant('*')]],
    ['GET', '/v2/_catalog', 'registry:catalog:*', [catalog]],
    [
      'POST',
      `/v2/team/app/blobs/uploads/?mount=${unknown}&from=team/base`,
      'repository:team/app:pull,push repository:team/base:pull',
      [grant('pull', 'push')],
    ],
  ] as const)('of %s %s are "%s"', async (method, path, scope, access) => {
    const without = await server.request(method, path);
    const challenge = without.headers.get('www-authenticate') ?? '';
    expect([without.status, /scope="([^"]*)"/.exec(challenge)?.[1] ?? '']).toEqual([401, scope]);
    expect(challenge).not.toContain('error=');
    const enough = await server.request(method, path, bearing(await tokenOf({ access })));
    expect([401, 403]).not.toContain(enough.status);
    if (access.length === 0) return;
    const wrong = await server.request(method, path, bearing(await tokenOf({ access: [other] })));
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      `${challenge},error="insufficient_scope"`,
    ]);
  });

  it.each([
    ['DELETE', `/v2/team/app/blobs/${unknown}`, [grant('pull', 'push')]],
    ['POST', '/v2/team/app/blobs/uploads/', [grant('push')]],
    ['POST', '/v2/team/app/blobs/uploads/', [grant('pull', 'delete')]],
    ['GET', tags, [grant('push')]],
    ['GET', '/v2/_catalog', [{ ...catalog, actions: ['pull'] }]],
    ['GET', '/v2/_catalog', [{ ...catalog, actions: ['catalog'] }]],
    ['GET', '/v2/_catalog', [{ ...catalog, name: 'other' }]],
    ['GET', tags, [{ type: 'registry', name: 'team/app', actions: ['*'] }]],
    ['GET', tags, [{ type: 'repository', name: 'team', actions: ['*'] }]],
    ['GET', tags, [{ type: 'repository', name: '*', actions: ['*'] }]],
  ] as const)('%s %s is not allowed by %j', async (method, path, access) => {
    const response = await server.request(method, path, bearing(await tokenOf({ access })));
    expect([
      response.status,
      /error="(\w+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1],
    ]).toEqual([401, 'insufficient_scope']);
  });

  it('may be spread over several entries, and name a class', async () => {
    const access = [
      { type: 'repository', class: 'image', name: 'team/app', actions: ['pull'] },
      { type: 'repository(plugin)', name: 'team/app', actions: ['push'] },
      { type: 'repository', name: 'team/other', actions: null },
    ];
    const response = await server.request(
      'POST',
      '/v2/team/app/blobs/uploads/',
      bearing(await tokenOf({ access })),
    );
    expect(response.status).toBe(202);
  });

  it('for a mount name the source, without which there is an upload', async () => {
    const all = bearing(await tokenOf({ access: [grant('*'), { ...other, name: 'team/base' }] }));
    const upload = await server.request('POST', '/v2/team/base/blobs/uploads/', all);
    const digest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    const location = new URL(upload.headers.get('location') ?? '');
    location.searchParams.set('digest', digest);
    await server.request('PUT', location.pathname + location.search, { body: 'hello', ...all });
    const path = `/v2/team/app/blobs/uploads/?mount=${digest}&from=team/base`;
    expect(
      (await server.request('POST', path, bearing(await tokenOf({ access: [grant('*')] })))).status,
    ).toBe(202);
    expect((await server.request('POST', path, all)).status).toBe(201);
  });

  it('never carry what is no name of a repository', async () => {
    for (const name of ['A', 'a%22,x=%22', 'a%0d%0ab', 'a%c3%a4']) {
      const response = await server.request('GET', `/v2/${name}/tags/list`);
      expect([name, response.status]).toEqual([name, 400]);
    }
    const from = encodeURIComponent('a" x="\n');
    const mount = await server.request('POST', `/v2/team/app/blobs/uploads/?mount=${unknown}&from=${from}`);
    expect(mount.headers.get('www-authenticate')).toContain('scope="repository:team/app:pull,push"');
  });
});

describe('the lease of a blob', () => {
  it('is renewed by a HEAD with a token to push, and by no other', async () => {
    const all = { type: 'repository', name: 'team/app', actions: ['*'] };
    const digest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    const push = `/v2/team/app/blobs/uploads/?digest=${digest}`;
    const pushed = await server.request('POST', push, {
      body: 'hello',
      ...bearing(await tokenOf({ access: [all] })),
    });
    expect(pushed.status).toBe(201);
    const link = layerLinkPath('team/app', digest);
    const old = Date.now() - 3_600_000;
    const renewedWith = async (...actions: string[]): Promise<boolean> => {
      await server.driver.touch(link, old);
      const token = await tokenOf({
        access: [
          { ...all, actions },
          { ...all, name: 'team/other' },
        ],
      });
      expect((await server.request('HEAD', `/v2/team/app/blobs/${digest}`, bearing(token))).status).toBe(200);
      return (await server.driver.stat(link)).modified > old;
    };
    expect([await renewedWith('pull'), await renewedWith('pull', 'delete')]).toEqual([false, false]);
    expect([await renewedWith('pull', 'push'), await renewedWith('*')]).toEqual([true, true]);
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

describe('auth.silly', () => {
  it('lets in whoever sends any Authorization header, and else asks as a token server would', async () => {
    const own = await startServer({ yaml: 'auth: {silly: {realm: silly-realm, service: silly-service}}' });
    const response = await own.request('POST', '/v2/team/app/blobs/uploads/');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="silly-realm",service="silly-service",scope="repository:team/app:pull,push"',
    ]);
    expect((await own.request('GET', '/v2/')).headers.get('www-authenticate')).toBe(
      'Bearer realm="silly-realm",service="silly-service"',
    );
    for (const authorization of ['x', 'Basic Og==', 'Bearer seriously, anything']) {
      const headers = { authorization };
      expect((await own.request('POST', '/v2/team/app/blobs/uploads/', { headers })).status).toBe(202);
    }
    await expect.poll(() => own.log.map(({ user }) => user)).toContain('silly');
  });
});
