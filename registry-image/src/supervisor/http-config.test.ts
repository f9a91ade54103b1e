import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeTestCertificate } from '../tls/test-certificates.ts';
import { type RegistryUnderTest, type Setup, startRegistry } from './registry-under-test.ts';

const authority = makeTestCertificate('authority');
const good = makeTestCertificate('good', authority);
const foreign = makeTestCertificate('foreign');

async function start(setup: Setup): Promise<RegistryUnderTest> {
  const registry = await startRegistry(setup);
  onTestFinished(async () => void (await registry.stop()));
  return registry;
}

/** The protocol and suite of a TLS connection over which a request was answered; rejects when it was not. */
function handshake(registry: RegistryUnderTest, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port: registry.port, rejectUnauthorized: false, ...options });
    onTestFinished(() => void socket.destroy());
    socket.on('secureConnect', () => socket.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.once('data', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
}

const own = ({ certificate, key }: typeof good): ConnectionOptions => ({ cert: certificate, key });

/** The first line that a registry with such a config writes before it gives up. */
async function refusal(http: object): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'config-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'config.yml');
  writeFileSync(path, JSON.stringify({ version: 0.1, storage: 'inmemory', http }));
  const main = new URL('../main.ts', import.meta.url).pathname;
  const ended = promisify(execFile)(process.execPath, [main, 'serve', path], { timeout: 15_000 });
  const { stderr } = await ended.then(
    () => ({ stderr: 'it served' }),
    (error: unknown) => error as { stderr: string },
  );
  return stderr;
}

describe('http.tls.clientcas and clientauth', () => {
  it('a client without a certificate is told so by TLS, and one that is refused is in the log', async () => {
    const registry = await start({ clientCa: authority.certificate });
    await expect(handshake(registry)).rejects.toThrow(/certificate required/i);
    await expect(handshake(registry, own(foreign))).rejects.toThrow();
    await expect
      .poll(registry.output)
      .toMatch(/a TLS client was refused.*SELF_SIGNED|a TLS client was refused.*UNABLE/);
  });

  it('another authority is taken live', async () => {
    const registry = await start({ clientCa: authority.certificate });
    const next = makeTestCertificate('next');
    const known = makeTestCertificate('known', next);
    await expect(handshake(registry, own(known))).rejects.toThrow();
    registry.mount('tls', { ...registry.serving, 'ca.crt': next.certificate });
    await expect
      .poll(
        () =>
          handshake(registry, own(known)).then(
            () => true,
            () => false,
          ),
        { timeout: 5_000 },
      )
      .toBe(true);
    for (let count = 0; count < 4; count++) await expect(handshake(registry, own(good))).rejects.toThrow();
  });
});

describe('http.tls.minimumtls and ciphersuites', () => {
  it('a client below the minimum gets no answer', async () => {
    const registry = await start({ tls: { minimumtls: 'tls1.3' } });
    await expect(handshake(registry, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/i);
    expect((await handshake(registry)).getProtocol()).toBe('TLSv1.3');
  });

  it('only the suites that are named are spoken, and all of TLS 1.3', async () => {
    const registry = await start({
      tls: { ciphersuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'] },
    });
    const tls12 = { maxVersion: 'TLSv1.2' } as const;
    const socket = await handshake(registry, tls12);
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
    await expect(
      handshake(registry, { ...tls12, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
    ).rejects.toThrow();
    const newer = await handshake(registry, { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' });
    expect(newer.getCipher().name).toBe('TLS_CHACHA20_POLY1305_SHA256');
  });

  it('a name that is none ends the start with one sentence', async () => {
    const tls = { certificate: '/none', key: '/none', ciphersuites: ['TLS_SECRET'] };
    expect(await refusal({ addr: '127.0.0.1:0', tls })).toContain(
      "http.tls.ciphersuites: 'TLS_SECRET' is not a cipher suite that is known here, use names such as",
    );
  });
});

describe('http.http2.disabled and h2c.enabled', () => {
  it('HTTP/2 is spoken under TLS unless it is disabled', async () => {
    const offer = { ALPNProtocols: ['h2', 'http/1.1'] };
    const protocolOf = async (registry: RegistryUnderTest): Promise<unknown> => {
      const socket = connect({ port: registry.port, rejectUnauthorized: false, ...offer });
      onTestFinished(() => void socket.destroy());
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      return socket.alpnProtocol;
    };
    expect(await protocolOf(await start({}))).toBe('h2');
    expect(await protocolOf(await start({ config: { http: { http2: { disabled: true } } } }))).toBe(
      'http/1.1',
    );
    const weak = { ciphersuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'] };
    expect(await protocolOf(await start({ tls: weak }))).toBe('http/1.1');
  });

  it('without TLS only when it is enabled, beside HTTP/1.1', async () => {
    const plain = { tls: undefined };
    const on = await start({ config: { http: { ...plain, h2c: { enabled: true } } } });
    for (const transport of ['http1', 'http2-cleartext'] as const) {
      expect((await on.client(transport).request('GET', '/v2/')).status).toBe(200);
    }
    const off = await start({ config: { http: plain } });
    expect((await off.client('http1').request('GET', '/v2/')).status).toBe(200);
    await expect(off.client('http2-cleartext').request('GET', '/v2/')).rejects.toThrow();
  });
});

describe('http.net unix', () => {
  function get(socketPath: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath, path: '/v2/' }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', reject).end();
    });
  }

  it('listens on a path that all workers share, and removes it at the end', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'unix-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const addr = join(directory, 'registry.sock');
    const setup = { config: { http: { net: 'unix', addr, tls: undefined } } };
    const first = await startRegistry(setup);
    expect(first.address).toBe(addr);
    expect(await Promise.all(Array.from({ length: 6 }, () => get(addr)))).toEqual(Array(6).fill(200));
    expect(statSync(addr).isSocket()).toBe(true);
    expect(await refusal({ net: 'unix', addr })).toContain(
      `http.addr: cannot listen on '${addr}': another process listens there already`,
    );
    expect(await get(addr)).toBe(200);
    // What is left by a process that was killed is in nobody's way.
    const pids = (await first.state()).workers.map(({ pid }) => pid);
    await first.stop('SIGKILL');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(existsSync(addr)).toBe(true);
    const second = await startRegistry(setup);
    expect(await get(addr)).toBe(200);
    expect(await second.stop()).toBe(0);
    expect(existsSync(addr)).toBe(false);
    writeFileSync(addr, 'data');
    expect(await refusal({ net: 'unix', addr })).toContain('exists and is not a socket');
    expect(existsSync(addr)).toBe(true);
  });
});

describe('http.draintimeout', () => {
  it('is how long a request that does not end is waited for', async () => {
    const registry = await startRegistry({ config: { http: { draintimeout: '1s', tls: undefined } } });
    const stalled = request({
      port: registry.port,
      method: 'POST',
      path: `/v2/a/blobs/uploads/?digest=sha256:${'0'.repeat(64)}`,
    });
    const cut = new Promise<number>((resolve) => stalled.on('error', () => resolve(performance.now())));
    stalled.write('a');
    await registry.stateUntil(({ workers }) =>
      workers.some(({ requestsInFlight }) => requestsInFlight === 1),
    );
    const told = performance.now();
    await registry.stop();
    const waited = (await cut) - told;
    expect(waited).toBeGreaterThan(900);
    // distribution's 0 means 30 s here.
    expect(waited).toBeLessThan(10_000);
  });
});
