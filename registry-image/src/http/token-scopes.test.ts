import { beforeEach, describe, expect, it } from 'vitest';
import { layerLinkPath } from '../storage/paths.ts';
import type { TestServer } from './test-server.ts';
import { bearing, start, tags, tokenOf } from './token-auth-fixture.ts';

let server: TestServer;
beforeEach(async () => {
  server = await start();
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
