import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

const directory = mkdtempSync(join(tmpdir(), 'health-'));

async function serve(
  health: object,
): Promise<{ registry: RegistryUnderTest; debug: () => Promise<[number, Record<string, string>]> }> {
  const registry = await startRegistry({ config: { health, http: { debug: { addr: '127.0.0.1:0' } } } });
  onTestFinished(async () => void (await registry.stop()));
  const port = /"debug endpoint listening".* address="127\.0\.0\.1:(\d+)"/.exec(registry.output())?.[1];
  return {
    registry,
    async debug() {
      const answer = await fetch(`http://127.0.0.1:${port}/debug/health`);
      return [answer.status, (await answer.json()) as Record<string, string>];
    },
  };
}

/** Statuses of as many requests as reach every worker. */
async function statuses(registry: RegistryUnderTest): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => registry.call({ path: '/v2/', agent: registry.agent })),
  );
  return [...new Set(answers.map(({ status }) => status))];
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('while a health check fails', () => {
  it('every request of every worker is answered 503, and the state and debug endpoints go on', async () => {
    const path = join(directory, 'out-of-rotation');
    const { registry, debug } = await serve({ file: [{ file: path, interval: '50ms' }] });
    expect(await statuses(registry)).toEqual([200]);
    expect(await debug()).toEqual([200, {}]);
    writeFileSync(path, '');
    await expect.poll(() => statuses(registry), { timeout: 10_000 }).toEqual([503]);
    expect(await debug()).toEqual([503, { [path]: 'file exists' }]);
    const refused = await registry.call({ method: 'POST', path: '/v2/a/blobs/uploads/' });
    expect(refused.headers['retry-after']).toBe('10');
    expect(JSON.parse(refused.text)).toEqual({
      errors: [
        {
          code: 'UNAVAILABLE',
          message: 'service unavailable',
          detail: 'health check failed: please see /debug/health',
        },
      ],
    });
    expect((await registry.state()).workers.length).toBeGreaterThan(0);
    // A worker that comes only now learns it too.
    process.kill((await registry.state()).workers[0]?.pid ?? 0, 'SIGKILL');
    await expect
      .poll(() => registry.output().match(/"worker listening"/g)?.length, { timeout: 10_000 })
      .toBe(3);
    expect(await statuses(registry)).toEqual([503]);
    rmSync(path);
    await expect.poll(() => statuses(registry), { timeout: 10_000 }).toEqual([200]);
  });

  it('which has failed as often in a row as its threshold says', async () => {
    const statusesToCome = [200, 500, 500, 200, 500, 500, 500];
    let looks = 0;
    const server = createHttpServer((request, response) => {
      expect([request.method, request.headers['x-token']]).toEqual(['HEAD', 'a']);
      response.writeHead(statusesToCome[Math.min(looks++, statusesToCome.length - 1)] ?? 500).end();
    });
    const uri = `http://127.0.0.1:${await portOf(server)}/live`;
    onTestFinished(() => server.closeAllConnections());
    const { registry, debug } = await serve({
      http: [{ uri, headers: { 'X-Token': ['a'] }, timeout: '1s', interval: '300ms', threshold: 3 }],
    });
    let looksWhenDown = 0;
    await expect
      .poll(
        async () => {
          const found = await statuses(registry);
          if (looksWhenDown === 0 && found.includes(503)) looksWhenDown = looks;
          return found;
        },
        { timeout: 10_000 },
      )
      .toEqual([503]);
    // Not after the two failures that a success followed.
    expect(looksWhenDown).toBeGreaterThanOrEqual(7);
    expect(await debug()).toEqual([503, { [uri]: 'unexpected status: 500' }]);
  });

  it('of a status code, of a TCP address, of a time-out', async () => {
    const odd = createHttpServer((_, response) => void response.writeHead(204).end());
    const silent = createHttpServer(() => {});
    const open = createServer((socket) => socket.destroy());
    const [oddPort, silentPort, openPort] = [await portOf(odd), await portOf(silent), await portOf(open)];
    onTestFinished(() => silent.closeAllConnections());
    onTestFinished(() => odd.closeAllConnections());
    const uri = (port: number): string => `http://127.0.0.1:${port}/`;
    const { debug } = await serve({
      http: [
        { uri: uri(oddPort), interval: '10s' },
        { uri: uri(oddPort), statuscode: 204, interval: '10s' },
        { uri: uri(silentPort), timeout: '200ms', interval: '10s' },
      ],
      tcp: [
        { addr: `127.0.0.1:${openPort}`, timeout: '1s', interval: '10s' },
        { addr: '127.0.0.1:1', timeout: '1s', interval: '10s' },
      ],
    });
    await expect
      .poll(async () => Object.keys((await debug())[1]).sort())
      .toEqual(['127.0.0.1:1', uri(oddPort), uri(silentPort)].sort());
    expect((await debug())[1]).toEqual({
      '127.0.0.1:1': 'connection failed: connect ECONNREFUSED 127.0.0.1:1',
      [uri(oddPort)]: 'unexpected status: 204',
      [uri(silentPort)]: 'error while checking: The operation was aborted due to timeout',
    });
  });

  it('by the interval and threshold of a file and of a TCP check', async () => {
    const path = join(directory, 'slow');
    writeFileSync(path, '');
    const refusing = createServer();
    const port = await portOf(refusing);
    await new Promise((resolve) => refusing.close(resolve));
    const tcp = `127.0.0.1:${port}`;
    const started = performance.now();
    const { debug } = await serve({
      file: [
        { file: path, interval: '500ms', threshold: 6 },
        { file: path, interval: '1h', threshold: 2 },
      ],
      tcp: [
        { addr: tcp, interval: '500ms', threshold: 6 },
        { addr: tcp, interval: '1h', threshold: 2 },
      ],
    });
    let first = 0;
    await expect
      .poll(
        async () => {
          const names = Object.keys((await debug())[1]);
          if (names.length > 0 && first === 0) first = performance.now() - started;
          return names.sort();
        },
        { timeout: 15_000 },
      )
      .toEqual([tcp, path].sort());
    // The first look is at once, the sixth five intervals later; the second look of the others is far away.
    expect(first).toBeGreaterThan(2_400);
  });

  it('of the storage, when it is enabled', async () => {
    const on = await serve({ storagedriver: { enabled: true, interval: '50ms', threshold: 2 } });
    const off = await serve({ storagedriver: { enabled: false, interval: '50ms' } });
    for (const { registry } of [on, off]) {
      expect(await statuses(registry)).toEqual([200]);
      const data = join(registry.directory, 'data');
      renameSync(data, `${data}.away`);
      symlinkSync(data, data);
    }
    await expect.poll(() => statuses(on.registry), { timeout: 10_000 }).toEqual([503]);
    expect(await on.debug()).toEqual([
      503,
      { storagedriver_filesystem: expect.stringMatching(/is not a file|ELOOP/) as string },
    ]);
    expect(await statuses(off.registry)).toEqual([200]);
    expect(await off.debug()).toEqual([200, {}]);
    unlinkSync(join(on.registry.directory, 'data'));
    // An empty volume is no failure: the first push makes the directories.
    await expect.poll(() => statuses(on.registry), { timeout: 10_000 }).toEqual([200]);
  });
});
