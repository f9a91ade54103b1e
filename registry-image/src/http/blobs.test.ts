import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { blobDataPath, layerLinkPath } from '../storage/paths.ts';
import { codesOf, startServer } from './test-server.ts';

const content = '0123456789';
const digest = digestOf(content);

describe('GET and HEAD of a blob', () => {
  it('give it with its digest', async () => {
    const server = await startServer();
    await server.pushBlob('a', content);
    const response = await server.request('GET', `/v2/a/blobs/${digest}`);
    expect(await response.text()).toBe(content);
    const head = await server.request('HEAD', `/v2/a/blobs/${digest}`);
    for (const { status, headers } of [response, head]) {
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        'accept-ranges': 'bytes',
        'cache-control': 'max-age=31536000',
        'content-length': '10',
        'content-type': 'application/octet-stream',
        'docker-content-digest': digest,
        etag: `"${digest}"`,
      });
    }
    const cached = await server.request('GET', `/v2/a/blobs/${digest}`, {
      headers: { 'If-None-Match': `"${digest}"` },
    });
    expect([cached.status, cached.headers.get('docker-content-digest')]).toEqual([304, digest]);
  });

  it.each([
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=3-5', 206, '345', 'bytes 3-5/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=-20', 206, content, 'bytes 0-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-1,3-4', 200, content, null],
    ['lines=1-2', 200, content, null],
  ])('%s is answered %d with %s', async (range, status, body, contentRange) => {
    const server = await startServer();
    await server.pushBlob('a', content);
    const response = await server.request('GET', `/v2/a/blobs/${digest}`, { headers: { Range: range } });
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([
      status,
      body,
      contentRange,
    ]);
  });

  it.each(['bytes=10-', 'bytes=-0'])('%s cannot be satisfied', async (range) => {
    const server = await startServer();
    await server.pushBlob('a', content);
    const response = await server.request('GET', `/v2/a/blobs/${digest}`, { headers: { Range: range } });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect(await codesOf(response)).toEqual(['RANGE_INVALID']);
  });

  it('give the empty blob, and not one that a crash has emptied', async () => {
    const server = await startServer();
    const empty = await server.pushBlob('a', '');
    expect((await server.request('GET', `/v2/a/blobs/${empty}`)).headers.get('content-length')).toBe('0');
    await server.pushBlob('a', content);
    await server.driver.putContent(blobDataPath(digest), '');
    const response = await server.request('GET', `/v2/a/blobs/${digest}`);
    expect([response.status, await codesOf(response)]).toEqual([404, ['BLOB_UNKNOWN']]);
    await server.pushBlob('a', content);
    expect(await (await server.request('GET', `/v2/a/blobs/${digest}`)).text()).toBe(content);
  });

  it.each([
    [`/v2/b/blobs/${digest}`, 404, 'BLOB_UNKNOWN'],
    [`/v2/a/blobs/${digestOf('x')}`, 404, 'BLOB_UNKNOWN'],
    ['/v2/a/blobs/sha256:short', 400, 'DIGEST_INVALID'],
  ])('of %s is answered %d %s', async (path, status, code) => {
    const server = await startServer();
    await server.pushBlob('a', content);
    const response = await server.request('GET', path);
    expect([response.status, await codesOf(response)]).toEqual([status, [code]]);
  });

  it('leave no descriptor open when the client goes away', async () => {
    const server = await startServer();
    const large = 'x'.repeat(20_000_000);
    const name = await server.pushBlob('a', large);
    const before = (await readdir('/proc/self/fd')).length;
    for (let index = 0; index < 8; index++) {
      await new Promise<void>((resolve, reject) => {
        const request = get(`${server.url}/v2/a/blobs/${name}`, { agent: false }, (response) => {
          response.once('data', () => {
            request.destroy();
            resolve();
          });
        });
        request.once('error', reject);
      });
    }
    await expect
      .poll(async () => (await readdir('/proc/self/fd')).length, { timeout: 3000 })
      .toBeLessThanOrEqual(before);
    await expect.poll(() => server.log.filter(({ complete }) => complete === false).length).toBe(8);
    expect(server.log.filter(({ level }) => level === 50)).toEqual([]);
  });
});

describe('GET of a blob by a client that has gone before the first byte', () => {
  it('closes what it opened', async () => {
    const server = await startServer();
    const large = await server.pushBlob('a', 'x'.repeat(100_000));
    const reader = server.driver.reader.bind(server.driver);
    const gone = new AbortController();
    let closed = false;
    Object.assign(server.driver, {
      reader: async (path: string) => {
        gone.abort();
        await expect.poll(() => server.log.some(({ complete }) => complete === false)).toBe(true);
        const opened = await reader(path);
        const close = async (): Promise<void> => {
          await opened.close();
          closed = true;
        };
        return { ...opened, close };
      },
    });
    await expect(server.request('GET', `/v2/a/blobs/${large}`, { signal: gone.signal })).rejects.toThrow();
    await expect.poll(() => closed).toBe(true);
  });
});

describe('GET of a blob, on the storage', () => {
  it.each([
    ['a small one, whole', 65_536, undefined, { stat: 1, getContent: 2, reader: 0 }],
    ['a small one, in part', 65_536, 'bytes=1-2', { stat: 1, getContent: 2, reader: 0 }],
    ['a larger one', 65_537, undefined, { stat: 1, getContent: 1, reader: 1 }],
    ['a larger one, in part', 65_537, 'bytes=1-2', { stat: 1, getContent: 1, reader: 1 }],
  ])('%s costs as few operations as can be', async (_, size, range, expected) => {
    const server = await startServer();
    const text = Buffer.from('0123456789'.repeat(10_000)).subarray(0, size);
    const name = await server.pushBlob('a', text.toString());
    const spies = {
      stat: vi.spyOn(server.driver, 'stat'),
      getContent: vi.spyOn(server.driver, 'getContent'),
      reader: vi.spyOn(server.driver, 'reader'),
    };
    const headers = range === undefined ? {} : { Range: range };
    const response = await server.request('GET', `/v2/a/blobs/${name}`, { headers });
    expect(await response.text()).toBe(range === undefined ? text.toString() : '12');
    const counts = Object.entries(spies).map(([operation, { mock }]) => [operation, mock.calls.length]);
    expect(Object.fromEntries(counts)).toEqual(expected);
  });

  it('a blob that has become shorter since it was looked at is cut off', async () => {
    for (const transport of ['http1', 'http2-tls'] as const) {
      const server = await startServer({ transport });
      const large = await server.pushBlob('a', 'x'.repeat(200_000));
      const stat = server.driver.stat.bind(server.driver);
      Object.assign(server.driver, {
        stat: async (path: string) => ({ ...(await stat(path)), size: 300_000 }),
      });
      const body = server.request('GET', `/v2/a/blobs/${large}`).then((response) => response.text());
      await expect(body).rejects.toThrow();
    }
  });
});

describe('the lease of a blob', () => {
  const old = Date.now() - 7 * 3_600_000;

  it('is renewed by a HEAD unless it was renewed just now', async () => {
    const server = await startServer();
    await server.pushBlob('a', content);
    const link = layerLinkPath('a', digest);
    await server.driver.touch(link, old);
    await server.request('GET', `/v2/a/blobs/${digest}`).then((response) => response.text());
    expect((await server.driver.stat(link)).modified).toBe(old);
    await server.request('HEAD', `/v2/a/blobs/${digest}`);
    expect((await server.driver.stat(link)).modified).toBeGreaterThan(old);
    const younger = Date.now() - 100;
    await server.driver.touch(link, younger);
    await server.request('HEAD', `/v2/a/blobs/${digest}`);
    expect((await server.driver.stat(link)).modified).toBe(younger);
  });

  it('is renewed inside the gate, and not while nobody can push', async () => {
    const server = await startServer();
    await server.pushBlob('a', content);
    const link = layerLinkPath('a', digest);
    await server.driver.touch(link, old);
    await server.gate.set('readOnly');
    expect((await server.request('HEAD', `/v2/a/blobs/${digest}`)).status).toBe(200);
    expect((await server.driver.stat(link)).modified).toBe(old);
    await server.gate.set('paused');
    const held = server.request('HEAD', `/v2/a/blobs/${digest}`);
    await expect.poll(() => server.gate.held).toBe(1);
    await server.driver.delete(link);
    await server.gate.set('open');
    expect((await held).status).toBe(404);
  });

  it('never makes a HEAD fail: one that waited for too long is answered without', async () => {
    const server = await startServer();
    await server.pushBlob('a', content);
    const link = layerLinkPath('a', digest);
    await server.driver.touch(link, old);
    await server.gate.set('paused');
    expect((await server.request('HEAD', `/v2/a/blobs/${digest}`)).status).toBe(200);
    expect((await server.driver.stat(link)).modified).toBe(old);
  });

  it('is renewed by pushing the blob again and by mounting it', async () => {
    const server = await startServer();
    await server.pushBlob('a', content);
    await server.driver.touch(layerLinkPath('a', digest), old);
    await server.pushBlob('a', content);
    expect((await server.driver.stat(layerLinkPath('a', digest))).modified).toBeGreaterThan(old);
    await server.driver.touch(layerLinkPath('a', digest), old);
    expect((await server.request('POST', `/v2/a/blobs/uploads/?mount=${digest}&from=a`)).status).toBe(201);
    expect((await server.driver.stat(layerLinkPath('a', digest))).modified).toBeGreaterThan(old);
  });
});

describe('DELETE of a blob', () => {
  it("removes this repository's link alone", async () => {
    const server = await startServer();
    await server.pushBlob('a', content);
    await server.pushBlob('b', content);
    const response = await server.request('DELETE', `/v2/a/blobs/${digest}`);
    expect([response.status, response.headers.get('content-length')]).toEqual([202, '0']);
    expect((await server.request('GET', `/v2/a/blobs/${digest}`)).status).toBe(404);
    expect((await server.request('GET', `/v2/b/blobs/${digest}`)).status).toBe(200);
    const again = await server.request('DELETE', `/v2/a/blobs/${digest}`);
    expect([again.status, await codesOf(again)]).toEqual([404, ['BLOB_UNKNOWN']]);
  });
});

describe('what is damaged or strange in the store', () => {
  const other = digestOf('other content');
  const link = layerLinkPath('a', digest);
  const data = blobDataPath(digest);

  it.each<[string, (at: (path: string) => string) => Promise<unknown>]>([
    ['a link that is a directory', async (at) => (await rm(at(link)), mkdir(at(link)))],
    ['a link that leads to itself', async (at) => (await rm(at(link)), symlink('link', at(link)))],
    ['a link that is a named pipe', async (at) => (await rm(at(link)), execFileSync('mkfifo', [at(link)]))],
    ['an empty link', (at) => writeFile(at(link), '')],
    ['a link that holds no digest', (at) => writeFile(at(link), 'nonsense')],
    ['a link to another blob', (at) => writeFile(at(link), other)],
    ['data that is a directory', async (at) => (await rm(at(data)), mkdir(at(data)))],
    ['data that leads to itself', async (at) => (await rm(at(data)), symlink('data', at(data)))],
    ['empty data', (at) => writeFile(at(data), '')],
    ['no data', (at) => rm(at(data))],
  ])('%s: the blob is unknown', async (_, damage) => {
    const server = await startServer();
    await server.pushBlob('a', content);
    await server.pushBlob('a', 'other content');
    await damage((path) => join(server.rootDirectory, path));
    for (const method of ['HEAD', 'GET']) {
      const response = await server.request(method, `/v2/a/blobs/${digest}`);
      expect([method, response.status]).toEqual([method, 404]);
      if (method === 'GET') expect(await codesOf(response)).toEqual(['BLOB_UNKNOWN']);
    }
    expect((await server.request('GET', '/v2/_catalog')).status).toBe(200);
    expect(server.log.filter(({ level }) => level === 50)).toEqual([]);
    expect((await server.request('GET', `/v2/a/blobs/${other}`)).status).toBe(200);
  });

  it('files of others beside the layout are nobody’s business', async () => {
    const server = await startServer();
    await server.pushBlob('a', content);
    const repositories = join(server.rootDirectory, 'docker/registry/v2/repositories');
    await writeFile(join(repositories, 'lost+found'), '');
    await symlink('itself', join(repositories, 'itself'));
    await mkdir(join(repositories, 'Not A Name/_layers'), { recursive: true });
    await writeFile(join(repositories, 'a/_layers/README'), '');
    expect((await server.request('GET', '/v2/_catalog')).status).toBe(200);
    expect((await server.request('GET', `/v2/a/blobs/${digest}`)).status).toBe(200);
    const missing = await server.request('POST', `/v2/b/blobs/uploads/?mount=${digestOf('nowhere')}`);
    expect(missing.status).toBe(202);
    expect(server.log.filter(({ level }) => level === 50)).toEqual([]);
  });
});

describe('an empty blob', () => {
  it('can be pushed and pulled, whole and by range', async () => {
    const server = await startServer();
    const empty = await server.pushBlob('a', '');
    const whole = await server.request('GET', `/v2/a/blobs/${empty}`);
    expect([whole.status, whole.headers.get('content-length'), await whole.text()]).toEqual([200, '0', '']);
    const part = await server.request('GET', `/v2/a/blobs/${empty}`, { headers: { Range: 'bytes=0-' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([416, 'bytes */0']);
  });
});
