import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { fileCheck, httpCheck, tcpCheck } from './checks.ts';

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const times = { interval: 1000, threshold: 1 };

it('a file check fails while the file exists', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'checks-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'out-of-rotation');
  const check = fileCheck(path);
  await check();
  writeFileSync(path, '');
  await expect(check()).rejects.toThrow('file exists');
  rmSync(path);
  await check();
});

it('an HTTP check asks by HEAD with its header fields and wants its status', async () => {
  const seen: IncomingMessage[] = [];
  const server = createHttpServer((request, response) => {
    seen.push(request);
    response.writeHead(request.url === '/teapot' ? 418 : 200).end();
  });
  const port = await listening(server);
  onTestFinished(() => server.closeAllConnections());
  const base = { headers: { 'X-Probe': ['one', 'two'] }, statuscode: 200, timeout: 0, ...times };
  await httpCheck({ ...base, uri: `http://127.0.0.1:${port}/` })();
  expect([seen[0]?.method, seen[0]?.headers['x-probe']]).toEqual(['HEAD', 'one, two']);
  const teapot = { ...base, uri: `http://127.0.0.1:${port}/teapot` };
  await expect(httpCheck(teapot)()).rejects.toThrow('unexpected status: 418');
  await httpCheck({ ...teapot, statuscode: 418 })();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(httpCheck(teapot)()).rejects.toThrow(/ECONNREFUSED/);
});

it('an HTTP check waits no longer than its time-out', async () => {
  const server = createHttpServer(() => {});
  const port = await listening(server);
  onTestFinished(() => server.closeAllConnections());
  const check = httpCheck({
    uri: `http://127.0.0.1:${port}/`,
    headers: {},
    statuscode: 200,
    timeout: 50,
    ...times,
  });
  const before = performance.now();
  await expect(check()).rejects.toThrow(/timeout/);
  expect(performance.now() - before).toBeLessThan(2000);
});

it('a TCP check wants a connection', async () => {
  const server = createServer((socket) => socket.destroy());
  const port = await listening(server);
  await tcpCheck({ addr: `127.0.0.1:${port}`, timeout: 1000, ...times })();
  await new Promise((resolve) => server.close(resolve));
  await expect(tcpCheck({ addr: `127.0.0.1:${port}`, timeout: 1000, ...times })()).rejects.toThrow(
    /connection failed: .*ECONNREFUSED/,
  );
});

it('a TCP check waits no longer than its time-out', async () => {
  // 192.0.2.0/24 is for documentation (RFC 5737): nobody answers there, or the network refuses it at once.
  const before = performance.now();
  await expect(tcpCheck({ addr: '192.0.2.1:9', timeout: 100, ...times })()).rejects.toThrow(
    /connection failed/,
  );
  expect(performance.now() - before).toBeLessThan(2000);
});

it.each([
  ['tcp: [{addr: redis.example}]', 'health.tcp.0.addr: must be HOST:PORT'],
  ['tcp: [{addr: "redis.example:70000"}]', 'health.tcp.0.addr: must be HOST:PORT'],
  ['http: [{uri: "ftp://a.example"}]', 'health.http.0.uri: must be a URL without credentials'],
  ['http: [{uri: "https://me:secret@a.example"}]', 'health.http.0.uri: must be a URL without credentials'],
])('%s is refused', (yaml, problem) => {
  expect(() => parseConfig(`version: 0.1\nhealth: {${yaml}}`, {})).toThrow(problem);
  expect(() => parseConfig(`version: 0.1\nhealth: {${yaml}}`, {})).not.toThrow('secret');
});
