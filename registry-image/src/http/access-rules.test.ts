import { beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../registry/digest.ts';
import { layerLinkPath } from '../storage/paths.ts';
import { as, htpasswd, rules, startWithRules, users, yamlOf } from './access-rules-fixture.ts';
import { codesOf, startServer, type TestServer } from './test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startWithRules();
});

async function status(user: string, method: string, path: string): Promise<number> {
  const response = await server.request(method, path, as(user));
  await response.arrayBuffer();
  return response.status;
}

/** Statuses of nobody, ci, dev and admin. */
async function statuses(method: string, path: string): Promise<number[]> {
  return Promise.all(['', ...users].map((user) => status(user, method, path)));
}

const unknown = `sha256:${'0'.repeat(64)}`;

describe('access rules', () => {
  it('let everybody pull where a rule is for everybody, and nobody push there', async () => {
    for (const path of ['manifests/v1', 'tags/list', `referrers/${unknown}`]) {
      expect([path, await status('', 'GET', `/v2/public/base/${path}`)]).toEqual([path, 200]);
    }
    const { layers } = (await (await server.request('GET', '/v2/public/base/manifests/v1')).json()) as {
      layers: [{ digest: string }];
    };
    expect(await status('', 'GET', `/v2/public/base/blobs/${layers[0].digest}`)).toBe(200);
    expect(await statuses('POST', '/v2/public/base/blobs/uploads/')).toEqual([401, 202, 403, 202]);
    expect(await statuses('PUT', '/v2/public/base/manifests/v2')).toEqual([401, 400, 403, 400]);
    expect(await statuses('DELETE', '/v2/public/base/manifests/v1')).toEqual([401, 403, 403, 202]);
  });

  it.each([
    ['GET', 'shared/tool/manifests/v1', [401, 200, 200, 200]],
    ['HEAD', 'shared/tool/manifests/v1', [401, 200, 200, 200]],
    ['GET', 'shared/tool/tags/list', [401, 200, 200, 200]],
    ['GET', `shared/tool/referrers/${unknown}`, [401, 200, 200, 200]],
    ['GET', `shared/tool/blobs/${unknown}`, [401, 404, 404, 404]],
    ['POST', 'shared/tool/blobs/uploads/', [401, 403, 403, 202]],
    ['DELETE', `shared/tool/blobs/${unknown}`, [401, 403, 403, 404]],
    // `*` ends at the component.
    ['GET', 'shared/tool/deep/manifests/v1', [401, 403, 403, 404]],
    // Who may push may pull.
    ['GET', 'build/app/manifests/v1', [401, 200, 200, 200]],
    ['GET', 'build/secret/manifests/v1', [401, 403, 403, 200]],
    ['POST', 'build/app/blobs/uploads/', [401, 202, 403, 202]],
    ['DELETE', `build/app/blobs/${unknown}`, [401, 403, 404, 404]],
    // Everybody has a home.
    ['GET', 'home/ci/test/manifests/v1', [401, 200, 403, 200]],
    ['DELETE', `home/dev/test/blobs/${unknown}`, [401, 403, 404, 404]],
    ['POST', 'home/dev/new/deep/blobs/uploads/', [401, 403, 202, 202]],
    // Whether it is there is not told.
    ['GET', 'other/absent/manifests/v1', [401, 403, 403, 404]],
    ['GET', 'other/absent/tags/list', [401, 403, 403, 404]],
    ['GET', '_catalog', [200, 200, 200, 200]],
    ['GET', '', [401, 200, 200, 200]],
    ['PATCH', 'shared/tool/manifests/v1', [401, 405, 405, 405]],
  ] as const)('answer %s %s of nobody, ci, dev and admin with %j', async (method, path, expected) => {
    expect(await statuses(method, `/v2/${path}`)).toEqual(expected);
  });

  it('refuse every step of an upload to somebody else', async () => {
    const started = await server.request('POST', '/v2/build/app/blobs/uploads/', as('ci'));
    const upload = new URL(started.headers.get('location') ?? '');
    const path = upload.pathname + upload.search;
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      expect([method, await status('dev', method, path)]).toEqual([method, 403]);
      expect([method, await status('', method, path)]).toEqual([method, 401]);
    }
    expect(await status('ci', 'GET', path)).toBe(204);
    // The same upload is not reached by way of a repository where dev may push.
    expect(await status('dev', 'GET', path.replace('build/app', 'home/dev/x'))).toBe(404);
  });

  it('say DENIED to a user, and to nobody in particular that a user is needed', async () => {
    const denied = await server.request('GET', '/v2/home/dev/test/tags/list', as('ci'));
    expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([403, null]);
    const detail = [{ Type: 'repository', Class: '', Name: 'home/dev/test', Action: 'pull' }];
    expect(await denied.json()).toEqual({
      errors: [{ code: 'DENIED', message: 'requested access to the resource is denied', detail }],
    });
    const unauthorized = await server.request('GET', '/v2/home/dev/test/tags/list');
    expect(unauthorized.status).toBe(401);
    expect(await codesOf(unauthorized)).toEqual(['UNAUTHORIZED']);
  });

  it('do not help somebody with a wrong password, where everybody may pull either', async () => {
    const response = await server.request('GET', '/v2/public/base/manifests/v1', as('ci', 'wrong'));
    expect(response.status).toBe(401);
    expect((await server.request('GET', '/v2/public/base/manifests/v1', as('nobody'))).status).toBe(401);
  });

  it('take the empty password that skopeo and podman send for none', async () => {
    const headers = { authorization: `Basic ${Buffer.from(':').toString('base64')}` };
    expect((await server.request('GET', '/v2/public/base/tags/list', { headers })).status).toBe(200);
    expect((await server.request('GET', '/v2/shared/tool/tags/list', { headers })).status).toBe(401);
  });
});

describe('the catalog with access rules', () => {
  async function catalog(user: string, query = ''): Promise<{ repositories: string[]; link: string | null }> {
    const response = await server.request('GET', `/v2/_catalog${query}`, as(user));
    const { repositories } = (await response.json()) as { repositories: string[] };
    return { repositories, link: response.headers.get('link') };
  }

  it('lists what may be pulled', async () => {
    expect((await catalog('')).repositories).toEqual(['public/base']);
    expect((await catalog('ci')).repositories).toEqual([
      'build/app',
      'home/ci/test',
      'public/base',
      'shared/tool',
    ]);
    expect((await catalog('dev')).repositories).toEqual([
      'build/app',
      'home/dev/test',
      'public/base',
      'shared/tool',
    ]);
    expect((await catalog('admin')).repositories).toHaveLength(6);
  });

  it('fills every page, ends with the last one, and goes on after any name', async () => {
    const first = await catalog('ci', '?n=2');
    expect(first.repositories).toEqual(['build/app', 'home/ci/test']);
    expect(first.link).toBe('</v2/_catalog?last=home%2Fci%2Ftest&n=2>; rel="next"');
    expect(await catalog('ci', '?n=2&last=home/ci/test')).toEqual({
      repositories: ['public/base', 'shared/tool'],
      link: null,
    });
    // What follows the last one that may be seen is not told by a link.
    expect(await catalog('', '?n=1')).toEqual({ repositories: ['public/base'], link: null });
    expect((await catalog('ci', '?n=5&last=home/dev/test')).repositories).toEqual([
      'public/base',
      'shared/tool',
    ]);
  });

  it('reads no directory in which nothing may be seen', async () => {
    const read: string[] = [];
    const list = server.driver.list.bind(server.driver);
    server.driver.list = (path) => {
      read.push(path);
      return list(path);
    };
    await catalog('');
    expect(read.filter((path) => /\/(?:build|home|shared)(?:$|\/)/.test(path))).toEqual([]);
    expect(read.some((path) => path.endsWith('/public'))).toBe(true);
  });

  it('needs a user where no rule is for everybody', async () => {
    const own = await startServer({ yaml: yamlOf(rules.slice(1)), htpasswd });
    const response = await own.request('GET', '/v2/_catalog');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="basic-realm"',
    ]);
    expect((await own.request('GET', '/v2/_catalog', as('ci'))).status).toBe(200);
  });
});

describe('a mount with access rules', () => {
  async function layerOf(repository: string): Promise<string> {
    const manifest = await server.request('GET', `/v2/${repository}/manifests/v1`, as('admin'));
    return ((await manifest.json()) as { layers: [{ digest: string }] }).layers[0].digest;
  }

  async function mount(user: string, from: string, digest: string): Promise<number> {
    return status(user, 'POST', `/v2/home/${user}/x/blobs/uploads/?mount=${digest}&from=${from}`);
  }

  it('needs to pull from the source; without it there is an upload, whether the blob is there or not', async () => {
    expect(await mount('dev', 'shared/tool', await layerOf('shared/tool'))).toBe(201);
    expect(await mount('dev', 'public/base', await layerOf('public/base'))).toBe(201);
    const hidden = await layerOf('home/ci/test');
    const answers = await Promise.all(
      [hidden, unknown].map(async (digest) => {
        const response = await server.request(
          'POST',
          `/v2/home/dev/x/blobs/uploads/?mount=${digest}&from=home/ci/test`,
          as('dev'),
        );
        const names = [...response.headers.keys()].filter((name) => name !== 'date');
        return [response.status, await response.text(), names];
      }),
    );
    expect(answers[0]?.[0]).toBe(202);
    expect(answers[0]).toEqual(answers[1]);
    expect(await status('dev', 'HEAD', `/v2/home/dev/x/blobs/${hidden}`)).toBe(404);
    expect(await mount('ci', 'home/ci/test', hidden)).toBe(201);
  });

  it('without a source finds blobs only where one may pull', async () => {
    const path = `/v2/home/dev/x/blobs/uploads/?mount=${await layerOf('home/ci/test')}`;
    expect(await status('dev', 'POST', path)).toBe(202);
    expect(await status('admin', 'POST', path)).toBe(201);
  });
});

describe('the lease of a blob with access rules', () => {
  it('is renewed by a HEAD of somebody who may push there, and of nobody else', async () => {
    const manifest = await server.request('GET', '/v2/public/base/manifests/v1');
    const { layers } = (await manifest.json()) as { layers: [{ digest: Digest }] };
    const link = layerLinkPath('public/base', layers[0].digest);
    const old = Date.now() - 3_600_000;
    const renewedBy = async (user: string): Promise<boolean> => {
      await server.driver.touch(link, old);
      expect(await status(user, 'HEAD', `/v2/public/base/blobs/${layers[0].digest}`)).toBe(200);
      return (await server.driver.stat(link)).modified > old;
    };
    // A user pushes elsewhere: to their home.
    expect([await renewedBy(''), await renewedBy('dev'), await renewedBy('ci')]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('access rules where nobody can log in', () => {
  it.each(['', 'auth: none'])('are for everybody, and what they do not allow is denied: %j', async (auth) => {
    const own = await startServer({
      yaml: yamlOf([{ anonymous: true, repositories: ['open/*'], actions: ['push'] }], auth),
    });
    expect((await own.request('GET', '/v2/')).status).toBe(200);
    expect((await own.request('POST', '/v2/open/x/blobs/uploads/')).status).toBe(202);
    expect((await own.request('POST', '/v2/other/x/blobs/uploads/', as('ci'))).status).toBe(403);
    expect((await own.request('DELETE', `/v2/open/x/blobs/${unknown}`)).status).toBe(403);
  });
});
