import { describe, expect, it } from 'vitest';
import { layerLinkPath } from '../storage/paths.ts';
import { codesOf, startServer, type TestServer } from './test-server.ts';

const digest = `sha256:${'0a'.repeat(32)}`;
const names = ['a', 'a-b', 'a.b/c', 'a/b', 'a/b/c', 'a0', 'b/x', 'c'];

async function serverWithRepositories(): Promise<TestServer> {
  const server = await startServer();
  for (const name of names.toReversed()) await server.driver.putContent(layerLinkPath(name, digest), digest);
  await server.request('POST', '/v2/only-uploads/blobs/uploads/');
  return server;
}

async function repositories(response: Response): Promise<string[]> {
  return ((await response.json()) as { repositories: string[] }).repositories;
}

describe('GET /v2/_catalog', () => {
  it('is empty at first', async () => {
    const server = await startServer();
    expect(await repositories(await server.request('GET', '/v2/_catalog'))).toEqual([]);
  });

  it('lists names in lexical order', async () => {
    const server = await serverWithRepositories();
    const response = await server.request('GET', '/v2/_catalog');
    expect(await repositories(response)).toEqual(names);
    expect(response.headers.get('link')).toBeNull();
  });

  it.each([1, 2, 3, 7, 8])('gives all of them in pages of %d', async (size) => {
    const server = await serverWithRepositories();
    const seen: string[] = [];
    let path: string | undefined = `/v2/_catalog?n=${size}`;
    while (path !== undefined) {
      const response: Response = await server.request('GET', path);
      const page = await repositories(response);
      expect(page.length).toBeLessThanOrEqual(size);
      seen.push(...page);
      path = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(names);
  });

  it('goes on after a name that need not exist', async () => {
    const server = await serverWithRepositories();
    for (const last of ['', 'a', 'a-', 'a/b/b', 'a/zzz', 'bb', 'zz']) {
      const response = await server.request('GET', `/v2/_catalog?last=${encodeURIComponent(last)}`);
      expect([last, await repositories(response)]).toEqual([last, names.filter((name) => name > last)]);
    }
  });

  it.each(['', '?n=3', '?n=1000000'])('gives at most catalog.maxentries of them to %j', async (query) => {
    const server = await startServer({ yaml: 'catalog: {maxentries: 2}\nstorage: {}' });
    for (const name of ['a', 'b', 'c']) await server.pushBlob(name, 'x');
    const response = await server.request('GET', `/v2/_catalog${query}`);
    expect(await repositories(response)).toEqual(['a', 'b']);
    expect(response.headers.get('link')).toBe('</v2/_catalog?last=b&n=2>; rel="next"');
  });

  it.each(['-1', 'x', '1.5'])('refuses n=%s', async (n) => {
    const server = await startServer();
    const response = await server.request('GET', `/v2/_catalog?n=${n}`);
    expect([response.status, await codesOf(response)]).toEqual([400, ['PAGINATION_NUMBER_INVALID']]);
  });
});
