import { describe, expect, it, vi } from 'vitest';
import { codesOf, startServer } from './test-server.ts';

describe('GET /v2/<name>/tags/list', () => {
  it('lists tags in lexical order, in pages', async () => {
    const server = await startServer();
    for (const tag of ['v10', 'latest', 'v2', 'V1']) await server.pushImage('a/b', tag, 'layer');
    const all = await server.request('GET', '/v2/a/b/tags/list');
    expect(await all.json()).toEqual({ name: 'a/b', tags: ['V1', 'latest', 'v10', 'v2'] });
    expect(all.headers.get('link')).toBeNull();
    const page = await server.request('GET', '/v2/a/b/tags/list?n=2');
    expect(await page.json()).toEqual({ name: 'a/b', tags: ['V1', 'latest'] });
    expect(page.headers.get('link')).toBe('</v2/a/b/tags/list?last=latest&n=2>; rel="next"');
    const rest = await server.request('GET', '/v2/a/b/tags/list?n=2&last=latest');
    expect(await rest.json()).toEqual({ name: 'a/b', tags: ['v10', 'v2'] });
    expect(rest.headers.get('link')).toBeNull();
    const none = await server.request('GET', '/v2/a/b/tags/list?n=0');
    expect(await none.json()).toEqual({ name: 'a/b', tags: [] });
  });

  it('knows a repository without tags, and not one that never was', async () => {
    const server = await startServer();
    await server.pushBlob('blobs', 'x');
    expect(await (await server.request('GET', '/v2/blobs/tags/list')).json()).toEqual({
      name: 'blobs',
      tags: [],
    });
    const unknown = await server.request('GET', '/v2/none/tags/list');
    expect([unknown.status, await codesOf(unknown)]).toEqual([404, ['NAME_UNKNOWN']]);
  });
});

it('tags.maxtags is the most that n gets, and the list goes on behind it', async () => {
  const server = await startServer({ yaml: 'tags: {maxtags: 2}\nstorage: {}' });
  for (const tag of ['a', 'b', 'c']) await server.pushImage('a', tag, 'layer');
  const page = await server.request('GET', '/v2/a/tags/list?n=3');
  expect(await page.json()).toEqual({ name: 'a', tags: ['a', 'b'] });
  expect(page.headers.get('link')).toBe('</v2/a/tags/list?last=b&n=2>; rel="next"');
});

describe('storage.tag.concurrencylimit', () => {
  it.each([
    [1, 1],
    [3, 3],
    [0, 10],
  ])('%i: at most %i tags are looked up at a time when a manifest is deleted', async (limit, expected) => {
    const server = await startServer({
      yaml: `storage: {delete: {enabled: true}, tag: {concurrencylimit: ${limit}}}`,
    });
    const { digest } = await server.pushImage('a', 'v0', 'layer');
    for (let count = 1; count < 10; count++) await server.pushImage('a', `v${count}`, 'layer');
    const getContent = server.driver.getContent.bind(server.driver);
    let running = 0;
    let most = 0;
    vi.spyOn(server.driver, 'getContent').mockImplementation(async (path) => {
      if (!path.includes('/tags/')) return getContent(path);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return getContent(path).finally(() => running--);
    });
    expect((await server.request('DELETE', `/v2/a/manifests/${digest}`)).status).toBe(202);
    expect(most).toBe(expected);
    const tags = (await (await server.request('GET', '/v2/a/tags/list')).json()) as { tags: string[] };
    expect(tags.tags).toEqual([]);
  });
});

describe('the name of a repository', () => {
  const component = 'a'.repeat(127);

  it('of 255 characters works, at one level and at many', async () => {
    const server = await startServer();
    for (const name of ['a'.repeat(255), `${component}/${component}`, 'a/'.repeat(127) + 'b']) {
      const { digest } = await server.pushImage(name, 'v1', 'layer');
      const answer = await server.request('GET', `/v2/${name}/manifests/v1`);
      expect([answer.status, answer.headers.get('docker-content-digest')]).toEqual([200, digest]);
      expect(await (await server.request('GET', `/v2/${name}/tags/list`)).json()).toEqual({
        name,
        tags: ['v1'],
      });
    }
  });

  it.each(['a'.repeat(256), `${component}/${component}/`.padEnd(256, 'b'), 'a'.repeat(5000)])(
    'of more is refused',
    async (name) => {
      const server = await startServer();
      const body = '{}';
      for (const [method, path] of [
        ['GET', 'tags/list'],
        ['GET', 'manifests/v1'],
        ['PUT', 'manifests/v1'],
        ['POST', 'blobs/uploads/'],
      ] as const) {
        const response = await server.request(
          method,
          `/v2/${name}/${path}`,
          method === 'GET' ? {} : { body },
        );
        expect([response.status, await codesOf(response)]).toEqual([400, ['NAME_INVALID']]);
      }
    },
  );
});
