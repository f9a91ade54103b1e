import { beforeEach, describe, expect, it } from 'vitest';
import { as, htpasswd, rules, startWithRules, yamlOf } from './access-rules-fixture.ts';
import { startServer, type TestServer } from './test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startWithRules();
});

describe('logging in where everybody may pull', () => {
  function challengeOf(response: Response): Record<string, string> {
    const header = response.headers.get('www-authenticate') ?? '';
    expect(header).toMatch(/^Bearer /);
    return Object.fromEntries(
      [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
  }

  async function login(user: string, password?: string): Promise<{ status: number; token: string }> {
    const { realm = '' } = challengeOf(await server.request('GET', '/v2/'));
    const response = await fetch(realm, as(user, password));
    const body = (await response.json()) as { token?: string };
    return { status: response.status, token: body.token ?? '' };
  }

  const bearing = (token: string): { headers: Record<string, string> } => ({
    headers: { authorization: `Bearer ${token}` },
  });

  it('sends clients for a token, to this registry itself as the client reaches it', async () => {
    const base = challengeOf(await server.request('GET', '/v2/'));
    expect(base).toEqual({ realm: `${server.url}/v2/_token`, service: 'basic-realm' });
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'registry.example' };
    const forwarded = await server.request('POST', '/v2/public/base/blobs/uploads/', { headers });
    expect(challengeOf(forwarded)).toEqual({
      realm: 'https://registry.example/v2/_token',
      service: 'basic-realm',
      scope: 'repository:public/base:pull,push',
    });
  });

  it('sends them below http.prefix, and to http.host', async () => {
    const yaml = `${yamlOf(rules)}\nhttp: {prefix: /base/, host: 'https://registry.example'}`;
    const own = await startServer({ yaml, htpasswd });
    const { realm } = challengeOf(await own.request('GET', '/base/v2/'));
    expect(realm).toBe('https://registry.example/base/v2/_token');
    expect((await own.request('GET', '/base/v2/_token', as('ci'))).status).toBe(200);
  });

  it('sends them below the path of http.host, where clients see the registry', async () => {
    const yaml = `${yamlOf(rules)}\nhttp: {prefix: /base/, host: 'https://registry.example/seen/'}`;
    const own = await startServer({ yaml, htpasswd });
    const { realm } = challengeOf(await own.request('GET', '/base/v2/'));
    expect(realm).toBe('https://registry.example/seen/v2/_token');
  });

  it('gives nobody in particular a token that pulls what everybody may', async () => {
    const { status: answered, token } = await login('');
    expect(answered).toBe(200);
    expect((await server.request('GET', '/v2/', bearing(token))).status).toBe(200);
    expect((await server.request('GET', '/v2/public/base/tags/list', bearing(token))).status).toBe(200);
    const refused = await server.request('GET', '/v2/shared/tool/tags/list', bearing(token));
    expect([refused.status, challengeOf(refused)]).toEqual([
      401,
      {
        realm: `${server.url}/v2/_token`,
        service: 'basic-realm',
        scope: 'repository:shared/tool:pull',
        error: 'insufficient_scope',
      },
    ]);
  });

  it('gives a user a token with the rights of the user', async () => {
    const { token } = await login('ci');
    expect((await server.request('GET', '/v2/', bearing(token))).status).toBe(200);
    expect((await server.request('POST', '/v2/build/app/blobs/uploads/', bearing(token))).status).toBe(202);
    expect((await server.request('GET', '/v2/home/dev/test/tags/list', bearing(token))).status).toBe(403);
  });

  it('answers the form of the token specification, which nobody keeps', async () => {
    const response = await server.request('GET', '/v2/_token?service=x&scope=repository:a:pull', as('ci'));
    expect(response.headers.get('cache-control')).toBe('no-store');
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toEqual({
      token: expect.any(String),
      access_token: body['token'],
      expires_in: 3600,
      issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('refuses a wrong password, another method, and tokens that it did not make', async () => {
    expect((await login('ci', 'wrong')).status).toBe(401);
    expect((await server.request('POST', '/v2/_token')).status).toBe(405);
    const { token } = await login('dev');
    const payload = Buffer.from(JSON.stringify({ user: 'admin', expires: 9e9 })).toString('base64url');
    const forged = [
      `${payload}.${token.split('.')[1]}`,
      `${payload}.`,
      payload,
      'x',
      `${token}x`,
      `.${token}`,
    ];
    for (const bad of forged) {
      const response = await server.request('GET', '/v2/public/base/tags/list', bearing(bad));
      expect([bad, response.status, challengeOf(response)['error']]).toEqual([bad, 401, 'invalid_token']);
    }
  });

  it('is not there where every rule is for users', async () => {
    const own = await startServer({ yaml: yamlOf(rules.slice(1)), htpasswd });
    expect((await own.request('GET', '/v2/_token', as('ci'))).status).toBe(404);
  });
});
