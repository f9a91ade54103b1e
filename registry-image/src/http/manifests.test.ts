import { describe, expect, it, vi } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import {
  blobDataPath,
  layerLinkPath,
  revisionLinkPath,
  revisionPath,
  tagCurrentLinkPath,
} from '../storage/paths.ts';
import { codesOf, imageManifest, startServer, type TestServer } from './test-server.ts';

const absent = digestOf('absent');

function put(
  server: TestServer,
  path: string,
  body: string,
  type: string = mediaTypes.ociManifest,
): Promise<Response> {
  return server.request('PUT', path, { body, headers: { 'Content-Type': type } });
}

async function tagsOf(server: TestServer, repository: string): Promise<string[]> {
  const response = await server.request('GET', `/v2/${repository}/tags/list`);
  return ((await response.json()) as { tags: string[] }).tags;
}

describe('GET and HEAD of a manifest', () => {
  it('give what was pushed, by tag and by digest', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    for (const reference of ['v1', digest]) {
      const response = await server.request('GET', `/v2/a/manifests/${reference}`);
      const body = await response.text();
      expect(response.status).toBe(200);
      expect(digestOf(body)).toBe(digest);
      expect(response.headers.get('content-type')).toBe(mediaTypes.ociManifest);
      expect(response.headers.get('docker-content-digest')).toBe(digest);
      expect(response.headers.get('etag')).toBe(`"${digest}"`);
      const head = await server.request('HEAD', `/v2/a/manifests/${reference}`);
      expect(head.headers.get('content-length')).toBe(String(body.length));
      expect(head.headers.get('docker-content-digest')).toBe(digest);
      for (const etag of [`"${digest}"`, digest, `W/"x", "${digest}"`]) {
        const cached = await server.request('GET', `/v2/a/manifests/${reference}`, {
          headers: { 'If-None-Match': etag },
        });
        expect([cached.status, cached.headers.get('docker-content-digest')]).toEqual([304, digest]);
      }
    }
  });

  it('wait for no window when a tag keeps the manifest, and are never refused', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    await server.driver.touch(revisionLinkPath('a', digest), Date.now() - 7 * 3_600_000);
    await server.gate.set('paused');
    const byTag = server.request('HEAD', '/v2/a/manifests/v1');
    expect([(await byTag).status, server.gate.held]).toEqual([200, 0]);
    const byDigest = server.request('HEAD', `/v2/a/manifests/${digest}`);
    await expect.poll(() => server.gate.held).toBe(1);
    expect((await byDigest).status).toBe(200);
  });

  it.each(['v2', absent, '.wrong', 'sha256:wrong'])(
    'of %s is answered MANIFEST_UNKNOWN',
    async (reference) => {
      const server = await startServer();
      await server.pushImage('a', 'v1', 'layer');
      const response = await server.request('GET', `/v2/a/manifests/${reference}`);
      expect([response.status, await codesOf(response)]).toEqual([404, ['MANIFEST_UNKNOWN']]);
    },
  );

  it('do not show the manifests of another repository', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    await server.pushImage('b', 'v1', 'other');
    expect((await server.request('GET', `/v2/b/manifests/${digest}`)).status).toBe(404);
  });
});

describe('PUT of a manifest', () => {
  it('answers where it is', async () => {
    const server = await startServer();
    const [config, layer] = [await server.pushBlob('a', '{}'), await server.pushBlob('a', 'layer')];
    const content = imageManifest({ config, layers: [[layer, 5]] });
    const digest = digestOf(content);
    const response = await put(server, '/v2/a/manifests/v1', content);
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(`${server.url}/v2/a/manifests/${digest}`);
    expect(response.headers.get('docker-content-digest')).toBe(digest);
    expect((await put(server, `/v2/a/manifests/${digest}?tag=x&tag=y`, content)).headers.get('oci-tag')).toBe(
      'x, y',
    );
    expect(await tagsOf(server, 'a')).toEqual(['v1', 'x', 'y']);
    const sha512 = digestOf(content, 'sha512');
    expect((await put(server, `/v2/a/manifests/${sha512}`, content)).status).toBe(201);
    expect((await server.request('GET', `/v2/a/manifests/${sha512}`)).status).toBe(200);
  });

  it('with tag parameters sets up to ten tags, each once, and only by digest', async () => {
    const server = await startServer();
    const config = await server.pushBlob('a', '{}');
    const content = imageManifest({ config, layers: [] });
    const path = `/v2/a/manifests/${digestOf(content)}`;
    const parameters = Array.from({ length: 10 }, (_, index) => `tag=t${index}`);
    const pushed = await put(server, `${path}?${parameters.join('&')}`, content);
    const tags = parameters.map((parameter) => parameter.slice(4));
    expect([pushed.status, pushed.headers.get('oci-tag')]).toEqual([201, tags.join(', ')]);
    const twice = await put(server, `${path}?tag=t1&tag=t1`, content);
    expect([twice.status, twice.headers.get('oci-tag')]).toEqual([201, 't1']);
    const tooMany = await put(server, `${path}?${parameters.join('&')}&tag=more`, content);
    expect([tooMany.status, await codesOf(tooMany)]).toEqual([414, ['TAG_INVALID']]);
    const wrong = await put(server, `${path}?tag=good&tag=.wrong`, content);
    expect([wrong.status, await codesOf(wrong)]).toEqual([400, ['TAG_INVALID']]);
    const byTag = await put(server, '/v2/a/manifests/v1?tag=ignored', content);
    expect([byTag.status, byTag.headers.get('oci-tag')]).toEqual([201, null]);
    expect(await tagsOf(server, 'a')).toEqual([...tags, 'v1']);
  });

  it('takes a type with parameters, in any case, or none', async () => {
    const server = await startServer();
    const config = await server.pushBlob('a', '{}');
    const content = imageManifest({ config, layers: [] });
    for (const type of [
      `${mediaTypes.ociManifest}; charset=utf-8`,
      mediaTypes.ociManifest.toUpperCase(),
      'application/json',
    ]) {
      expect((await put(server, '/v2/a/manifests/v1', content, type)).status).toBe(201);
    }
    const body = new Blob([content]);
    expect((await server.request('PUT', '/v2/a/manifests/v1', { body })).status).toBe(201);
    const answer = await server.request('GET', '/v2/a/manifests/v1');
    expect(answer.headers.get('content-type')).toBe(mediaTypes.ociManifest);
  });

  it('accepts a subject that is not there, and says that it processed it', async () => {
    const server = await startServer();
    const config = await server.pushBlob('a', '{}');
    const subject = { mediaType: mediaTypes.ociManifest, digest: absent, size: 1 };
    const content = imageManifest({ config, layers: [], extra: { subject } });
    const response = await put(server, '/v2/a/manifests/v1', content);
    expect([response.status, response.headers.get('oci-subject')]).toEqual([201, absent]);
  });

  it('names each missing reference', async () => {
    const server = await startServer();
    const config = await server.pushBlob('a', '{}');
    await server.pushBlob('elsewhere', 'layer');
    const layers: [typeof absent, number][] = [
      [absent, 1],
      [digestOf('layer'), 5],
    ];
    const response = await put(server, '/v2/a/manifests/v1', imageManifest({ config, layers }));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [absent, digestOf('layer')].map((digest) => {
        return { code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown to registry', detail: { digest } };
      }),
    });
    const index = JSON.stringify({
      schemaVersion: 2,
      manifests: [{ mediaType: 'x', digest: absent, size: 1 }],
    });
    expect(await codesOf(await put(server, '/v2/a/manifests/v1', index, mediaTypes.ociIndex))).toEqual([
      'MANIFEST_BLOB_UNKNOWN',
    ]);
    expect(await tagsOf(server, 'a')).toEqual([]);
  });

  it.each([
    ['{', mediaTypes.ociManifest, 400, 'MANIFEST_INVALID', 'not valid JSON'],
    ['{"schemaVersion": 1}', mediaTypes.dockerSchema1Signed, 400, 'MANIFEST_INVALID', 'schema 1'],
    [
      imageManifest({ config: absent, layers: [] }),
      mediaTypes.dockerManifest,
      400,
      'MANIFEST_INVALID',
      'Content-Type',
    ],
  ])('refuses %.40s as %s', async (content, type, status, code, detail) => {
    const server = await startServer();
    const response = await put(server, '/v2/a/manifests/v1', content, type);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(text).toContain(code);
    expect(text).toContain(detail);
  });

  it.each([
    [`/v2/a/manifests/${absent}`, 'DIGEST_INVALID'],
    ['/v2/a/manifests/sha256:short', 'DIGEST_INVALID'],
    ['/v2/a/manifests/.wrong', 'TAG_INVALID'],
  ])('to %s is answered 400 %s', async (path, code) => {
    const server = await startServer();
    const config = await server.pushBlob('a', '{}');
    const response = await put(server, path, imageManifest({ config, layers: [] }));
    expect([response.status, await codesOf(response)]).toEqual([400, [code]]);
  });

  it('may be 4 MiB long and no longer', async () => {
    const server = await startServer();
    const config = await server.pushBlob('a', '{}');
    const empty = imageManifest({ config, layers: [], extra: { annotations: { long: '' } } });
    const long = 'x'.repeat(4 * 1024 * 1024 - empty.length);
    const content = empty.replace('"long":""', `"long":"${long}"`);
    expect((await put(server, '/v2/a/manifests/v1', content)).status).toBe(201);
    const body = new Blob([content, ' ']).stream();
    const withoutLength: RequestInit = { body, duplex: 'half' };
    for (const init of [{ body: `${content} ` }, withoutLength]) {
      const headers = { 'Content-Type': mediaTypes.ociManifest };
      const response = await server.request('PUT', '/v2/a/manifests/v2', { ...init, headers });
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({
        errors: [{ code: 'MANIFEST_INVALID', detail: 'a manifest is at most 4194304 bytes long' }],
      });
    }
  });

  it('that lacks what it names never enters a commit section', async () => {
    const server = await startServer();
    const config = await server.pushBlob('a', '{}');
    const body = imageManifest({ config, layers: [[digestOf('x'), 1]] });
    const driver = { ...server.driver };
    const running: number[] = [];
    vi.spyOn(server.driver, 'getContent').mockImplementation((path) => {
      running.push(server.gate.running);
      return driver.getContent(path);
    });
    const answer = await put(server, '/v2/a/manifests/v1', body);
    expect(await codesOf(answer)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
    expect(new Set(running)).toEqual(new Set([0]));
  });

  it('is undone when a sweep takes a reference between the check and the link', async () => {
    const server = await startServer();
    const [config, layer] = [await server.pushBlob('a', '{}'), await server.pushBlob('a', 'layer')];
    const content = imageManifest({ config, layers: [[layer, 5]] });
    const putContent = server.driver.putContent.bind(server.driver);
    Object.assign(server.driver, {
      putContent: async (path: string, text: string) => {
        await putContent(path, text);
        if (path === revisionLinkPath('a', digestOf(content)))
          await server.driver.delete(blobDataPath(layer));
      },
    });
    const response = await put(server, '/v2/a/manifests/v1', content);
    expect([response.status, await codesOf(response)]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN']]);
    expect((await server.request('GET', `/v2/a/manifests/${digestOf(content)}`)).status).toBe(404);
    expect(await tagsOf(server, 'a')).toEqual([]);
  });
});

it('a manifest is no blob: whoever looks for it there does not take it for one', async () => {
  const server = await startServer();
  const { digest } = await server.pushImage('a', 'v1', 'layer');
  for (const method of ['GET', 'HEAD']) {
    expect((await server.request(method, `/v2/a/blobs/${digest}`)).status).toBe(404);
  }
});

describe('a manifest that names one layer very often', () => {
  it('is looked through as if it named it once', async () => {
    const server = await startServer();
    const { config, layer } = await server.pushImage('a', 'v1', 'layer');
    const layers = Array.from({ length: 1000 }, (): [typeof layer, number] => [layer, 5]);
    const reads = vi.spyOn(server.driver, 'getContent');
    expect((await put(server, '/v2/a/manifests/v2', imageManifest({ config, layers }))).status).toBe(201);
    expect(reads.mock.calls.length).toBeLessThan(20);
  });
});

describe('DELETE of a manifest', () => {
  it('by tag removes that tag alone', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    await server.pushImage('a', 'v2', 'layer');
    expect((await server.request('DELETE', '/v2/a/manifests/v1')).status).toBe(202);
    expect(await tagsOf(server, 'a')).toEqual(['v2']);
    expect((await server.request('GET', `/v2/a/manifests/${digest}`)).status).toBe(200);
    const again = await server.request('DELETE', '/v2/a/manifests/v1');
    expect([again.status, await codesOf(again)]).toEqual([404, ['MANIFEST_UNKNOWN']]);
  });

  it('by digest removes the revision and the tags on it', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    await server.pushImage('a', 'same', 'layer');
    await server.pushImage('a', 'other', 'another layer');
    const deleted = await server.request('DELETE', `/v2/a/manifests/${digest}`);
    expect([deleted.status, deleted.headers.get('docker-content-digest')]).toEqual([202, digest]);
    expect(await tagsOf(server, 'a')).toEqual(['other']);
    expect((await server.request('GET', `/v2/a/manifests/${digest}`)).status).toBe(404);
    expect((await server.request('DELETE', `/v2/a/manifests/${digest}`)).status).toBe(404);
    await server.pushImage('a', 'v1', 'layer');
    expect((await server.request('GET', '/v2/a/manifests/v1')).status).toBe(200);
  });

  it('ends the leases that were not renewed since the commit, of an index also those of its manifests', async () => {
    const server = await startServer();
    const image = await server.pushImage('a', 'v1', 'layer');
    const index = JSON.stringify({
      schemaVersion: 2,
      manifests: [{ mediaType: mediaTypes.ociManifest, digest: image.digest, size: 1 }],
    });
    await put(server, '/v2/a/manifests/list', index, mediaTypes.ociIndex);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await server.pushBlob('a', '{}');
    await server.request('DELETE', `/v2/a/manifests/${digestOf(index)}`);
    async function modified(path: string): Promise<number> {
      return (await server.driver.stat(path)).modified;
    }
    expect(await modified(revisionLinkPath('a', image.digest))).toBe(0);
    expect(await modified(layerLinkPath('a', image.layer))).toBe(0);
    expect(await modified(layerLinkPath('a', image.config))).toBeGreaterThan(0);
  });

  it('does not end the lease that a HEAD promised to a push under way', async () => {
    const server = await startServer();
    const image = await server.pushImage('a', 'v1', 'layer');
    const link = layerLinkPath('a', image.layer);
    await server.driver.touch(link, Date.now() - 5_000);
    await server.driver.touch(revisionPath('a', image.digest), Date.now() - 4_000);
    expect((await server.request('HEAD', `/v2/a/blobs/${image.layer}`)).status).toBe(200);
    await server.request('DELETE', `/v2/a/manifests/${image.digest}`);
    expect((await server.driver.stat(link)).modified).toBeGreaterThan(0);
  });

  it('at the time of a push of the same manifest leaves no tag without it', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    const body = await (await server.request('GET', '/v2/a/manifests/v1')).text();
    const remove = (): Promise<Response> => server.request('DELETE', `/v2/a/manifests/${digest}`);
    const driver = { ...server.driver };
    vi.spyOn(server.driver, 'putContent').mockImplementation(async (path, content) => {
      if (path === tagCurrentLinkPath('a', 'v2')) expect((await remove()).status).toBe(202);
      return driver.putContent(path, content);
    });
    expect((await put(server, '/v2/a/manifests/v2', body)).status).toBe(201);
    expect((await server.request('GET', '/v2/a/manifests/v2')).status).toBe(200);
    vi.spyOn(server.driver, 'delete')
      .mockImplementationOnce((path) => driver.delete(path))
      .mockImplementation(async (path) => {
        if (path === revisionPath('a', digest)) await put(server, '/v2/a/manifests/v3', body);
        return driver.delete(path);
      });
    expect((await remove()).status).toBe(202);
    expect(await tagsOf(server, 'a')).toEqual([]);
  });

  it('looks for tags outside of its commit section, however many there are', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    const driver = { ...server.driver };
    const running: number[] = [];
    vi.spyOn(server.driver, 'list').mockImplementation((path) => {
      running.push(server.gate.running);
      return driver.list(path);
    });
    expect((await server.request('DELETE', `/v2/a/manifests/${digest}`)).status).toBe(202);
    expect(running).toEqual([0, 0]);
    expect(await tagsOf(server, 'a')).toEqual([]);
  });

  it('is off by default', async () => {
    const server = await startServer({ yaml: '' });
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    for (const path of [`manifests/${digest}`, 'manifests/v1', `blobs/${digestOf('layer')}`]) {
      const response = await server.request('DELETE', `/v2/a/${path}`);
      expect([response.status, await codesOf(response)]).toEqual([405, ['UNSUPPORTED']]);
    }
  });
});
