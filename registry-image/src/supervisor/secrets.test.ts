import { createHash, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { hashSync } from '@node-rs/bcrypt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, makeCertificate, type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

const lineOf = (user: string, password: string): string => `${user}:${hashSync(password, 4)}\n`;
const fingerprintOf = (certificate: string): string => {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
};

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry({ htpasswd: lineOf('ci', 'one') });
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

async function login(password: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`ci:${password}`).toString('base64')}`;
  return (await registry.call({ path: '/v2/', headers: { authorization } })).status;
}

function servedCertificate(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port: registry.port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('live secrets', () => {
  it('takes a new htpasswd file in every worker within a second', async () => {
    expect([await login('one'), await login('two')]).toEqual([200, 401]);
    const text = lineOf('ci', 'two');
    registry.mount('auth', { htpasswd: text });
    const name = createHash('sha256').update(text).digest('hex');
    await registry.stateUntil(({ htpasswd }) => htpasswd === name, 1_000);
    const codes = await Promise.all(
      Array.from({ length: 6 }, (_, index) => login(index % 2 ? 'one' : 'two')),
    );
    expect(codes).toEqual([200, 401, 200, 401, 200, 401]);
  });

  it('serves a new certificate within a second, to connections that come then', async () => {
    const renewed = makeCertificate(registry.directory, 'renewed');
    registry.mount('tls', renewed);
    await registry.stateUntil(({ certificate }) => certificate === fingerprintOf(renewed['tls.crt']), 1_000);
    for (let count = 0; count < 4; count++) {
      expect(fingerprintOf(await servedCertificate())).toBe(fingerprintOf(renewed['tls.crt']));
    }
    expect(await login('two')).toBe(200);
  });

  it('keeps the old pair, and says so once, when the new key belongs to another certificate', async () => {
    const before = await registry.state();
    const [one, other] = [makeCertificate(registry.directory, 'a'), makeCertificate(registry.directory, 'b')];
    registry.mount('tls', { 'tls.crt': one['tls.crt'], 'tls.key': other['tls.key'] });
    const problem = 'http.tls: the private key does not belong to the certificate';
    await expect.poll(registry.output, { timeout: 3_000 }).toContain(problem);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(registry.output().split(problem)).toHaveLength(2);
    expect(fingerprintOf(await servedCertificate())).toBe(before.certificate);
    registry.mount('tls', one);
    await registry.stateUntil(({ certificate }) => certificate === fingerprintOf(one['tls.crt']), 1_500);
  });
});

describe('state endpoint', () => {
  it('refuses a client without a certificate and one with a foreign certificate', async () => {
    const foreign = makeCertificate(registry.directory, 'foreign');
    const stranger = { cert: foreign['tls.crt'], key: foreign['tls.key'] };
    for (const client of [{}, stranger]) {
      const answer = call({
        port: registry.statePort,
        path: '/state',
        rejectUnauthorized: false,
        agent: false,
        ...client,
      });
      await expect(answer).rejects.toThrow();
    }
  });

  it('has nothing but GET /state', async () => {
    const { statePort: port, stateAgent: agent } = registry;
    expect((await call({ port, agent, path: '/state', method: 'POST' })).status).toBe(405);
    expect((await call({ port, agent, path: '/' })).status).toBe(404);
    expect(await registry.state()).toMatchObject({
      pod: 'pod-0',
      writes: 'open',
      restart: null,
      collection: null,
    });
  });
});

describe('stop', () => {
  it('finishes what is under way and exits with 0', async () => {
    const own = await startRegistry();
    const start = await own.call({ method: 'POST', path: '/v2/team/app/blobs/uploads/' });
    const answer = own.call({ path: '/v2/' });
    const code = own.stop();
    expect([start.status, (await answer).status]).toEqual([202, 200]);
    expect(await code).toBe(0);
  });
});
