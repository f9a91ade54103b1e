import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { blobDataPath, blobPath, uploadsPath } from '../storage/paths.ts';
import { codesOf, startServer } from './test-server.ts';
import { finish, openPatch, patch, sizeUntil, start, uploadsLeft } from './upload-client.ts';

describe('two requests for one upload', () => {
  it.each(['in one process', 'in two processes'])(
    '%s: the later one goes on, the other is told',
    async (where) => {
      const server = await startServer();
      const second =
        where === 'in one process' ? server : await startServer({ rootDirectory: server.rootDirectory });
      const location = await start(server);
      const slow = openPatch(location);
      slow.request.write('first');
      await sizeUntil(server, location, '0-4');
      const { pathname } = new URL(location);
      expect((await patch(second, pathname, ' second', { 'Content-Range': '5-11' })).status).toBe(202);
      slow.request.end(' lost');
      const told = await slow.answer;
      expect([told.status, told.headers.range, told.text]).toEqual([
        416,
        '0-11',
        expect.stringContaining('another request goes on with this upload'),
      ]);
      expect(told.headers.location).toContain(pathname);
      expect((await finish(server, pathname, digestOf('first second'))).status).toBe(201);
      expect(await (await server.request('GET', `/v2/a/blobs/${digestOf('first second')}`)).text()).toBe(
        'first second',
      );
      expect(await uploadsLeft(server)).toEqual([]);
    },
  );

  it('one of which cancels it: the other is told that it is gone', async () => {
    const server = await startServer();
    const location = await start(server);
    const slow = openPatch(location);
    slow.request.write('first');
    await sizeUntil(server, location, '0-4');
    expect((await server.request('DELETE', location)).status).toBe(204);
    slow.request.end(' more');
    const told = await slow.answer;
    expect([told.status, told.text]).toEqual([404, expect.stringContaining('BLOB_UPLOAD_UNKNOWN')]);
    expect(await uploadsLeft(server)).toEqual([]);
    expect((await server.request('DELETE', location)).status).toBe(404);
  });

  it('one of which cancels it while the other completes it: neither is an error of the registry', async () => {
    const server = await startServer();
    for (let round = 0; round < 40; round++) {
      const { pathname } = new URL(await start(server));
      await patch(server, pathname, `round ${round}`, {});
      const [completed, cancelled] = await Promise.all([
        finish(server, pathname, digestOf(`round ${round}`)),
        server.request('DELETE', pathname),
      ]);
      expect([201, 404]).toContain(completed.status);
      expect([204, 404]).toContain(cancelled.status);
      const found = await server.request('HEAD', `/v2/a/blobs/${digestOf(`round ${round}`)}`);
      expect(found.status).toBe(completed.status === 201 ? 200 : 404);
    }
  });

  it('never give a blob another content than its digest says, whatever they do', async () => {
    const one = await startServer();
    const two = await startServer({ rootDirectory: one.rootDirectory });
    const digests = ['aa', 'ab', 'ba', 'bb', 'a', 'b'].map((text) => digestOf(text.repeat(1000)));
    for (let round = 0; round < 20; round++) {
      const { pathname } = new URL(await start(one));
      const servers = [one, two];
      await Promise.all(
        ['a', 'b'].flatMap((letter, index) => [
          patch(servers[index] ?? one, pathname, letter.repeat(1000)),
          finish(servers[1 - index] ?? one, pathname, digests[(round + index) % 6] ?? ''),
        ]),
      );
      await finish(one, pathname, digests[round % 6] ?? '');
    }
    for (const digest of digests) {
      const response = await one.request('GET', `/v2/a/blobs/${digest}`);
      const text = await response.text();
      if (response.status === 200) expect(digestOf(text)).toBe(digest);
    }
    expect([...one.log, ...two.log].filter(({ level }) => level === 50)).toEqual([]);
  });
});

describe('uploads of the same digest at the same time', () => {
  it('all succeed, and their content is kept once', async () => {
    const one = await startServer();
    const two = await startServer({ rootDirectory: one.rootDirectory });
    const content = 'x'.repeat(100_000);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => {
        const path = `/v2/r${index % 4}/blobs/uploads/?digest=${digestOf(content)}`;
        return (index % 2 === 0 ? one : two).request('POST', path, { body: content });
      }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    for (const repository of ['r0', 'r1', 'r2', 'r3']) {
      const blob = await one.request('GET', `/v2/${repository}/blobs/${digestOf(content)}`);
      expect(await blob.text()).toBe(content);
    }
    const blob = join(one.rootDirectory, blobPath(digestOf(content)));
    expect(await readdir(blob)).toEqual(['data']);
  });
});

describe('an upload of what is there already', () => {
  it('is answered when that is durable', async () => {
    const server = await startServer();
    const settled: string[] = [];
    const settle = server.driver.settle.bind(server.driver);
    Object.assign(server.driver, {
      settle: async (path: string) => {
        await settle(path);
        settled.push(path);
      },
    });
    const digest = await server.pushBlob('a', 'content');
    expect(settled).toEqual([]);
    await server.pushBlob('b', 'content');
    expect(settled).toEqual([blobDataPath(digest)]);
  });
});

describe('an upload that cannot be completed', () => {
  it('goes on when the digest was missing or not well-formed', async () => {
    const server = await startServer();
    const location = await start(server);
    for (const path of [location, `${location}&digest=md5:x`, `${location}&digest=`]) {
      const response = await server.request('PUT', path, { body: 'ignored' });
      expect([response.status, await codesOf(response)]).toEqual([400, ['DIGEST_INVALID']]);
    }
    expect((await finish(server, location, digestOf('content'), 'content')).status).toBe(201);
  });

  it('leaves nothing behind when it was a single POST', async () => {
    const server = await startServer();
    const path = `/v2/a/blobs/uploads/?digest=${digestOf('other')}`;
    const response = await server.request('POST', path, { body: 'content' });
    expect([response.status, await codesOf(response)]).toEqual([400, ['DIGEST_INVALID']]);
    expect(await uploadsLeft(server)).toEqual([]);
  });

  it('because the storage is full is told so, and can go on', async () => {
    const server = await startServer();
    const location = await start(server);
    const appender = server.driver.appender.bind(server.driver);
    let room = true;
    Object.assign(server.driver, {
      appender: async (...given: Parameters<typeof appender>) => {
        const opened = await appender(...given);
        const write = async (chunks: readonly Buffer[]): Promise<void> => {
          if (given[0].endsWith('/startedat') && room) return opened.write(chunks);
          await opened.write([Buffer.concat(chunks).subarray(0, 3)]);
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        };
        return { ...opened, write };
      },
    });
    const response = await patch(server, location, 'content');
    expect([response.status, await response.text()]).toEqual([
      507,
      expect.stringContaining('the storage of the registry is full'),
    ]);
    expect(server.log.find(({ level }) => level === 50)).toMatchObject({ err: { code: 'ENOSPC' } });
    const whole = `/v2/b/blobs/uploads/?digest=${digestOf('content')}`;
    expect((await server.request('POST', whole, { body: 'content' })).status).toBe(507);
    expect(await readdir(join(server.rootDirectory, uploadsPath('b')))).toEqual([]);
    room = false;
    expect((await server.request('POST', '/v2/b/blobs/uploads/')).status).toBe(507);
    expect(await readdir(join(server.rootDirectory, uploadsPath('b')))).toEqual([]);
    Object.assign(server.driver, { appender });
    await sizeUntil(server, location, '0-2');
    await patch(server, location, 'tent', { 'Content-Range': '3-6' });
    expect((await finish(server, location, digestOf('content'))).status).toBe(201);
  });

  it('because a chunk is longer than its range says is told so', async () => {
    const server = await startServer();
    const location = await start(server);
    const open = openPatch(location, { 'Content-Range': '0-2' });
    open.request.write('four');
    open.request.end();
    const { status, text } = await open.answer;
    expect([status, text]).toEqual([400, expect.stringContaining('SIZE_INVALID')]);
  });
});
