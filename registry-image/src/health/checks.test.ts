import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
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
  // A process that does not take its connections any more: once its queue is full, the kernel leaves a new one waiting.
  const program =
    "require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port) })";
  const child = spawn(process.execPath, ['-e', program]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  const fillers = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}));
  onTestFinished(() => fillers.forEach((socket) => socket.destroy()));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = performance.now();
  await expect(tcpCheck({ addr: `127.0.0.1:${port}`, timeout: 100, ...times })()).rejects.toThrow(
    'connection failed: no answer within 100 ms',
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
