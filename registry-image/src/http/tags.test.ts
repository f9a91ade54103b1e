import { describe, expect, it } from 'vitest';
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
