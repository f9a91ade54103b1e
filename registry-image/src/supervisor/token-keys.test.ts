import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { libtrustName } from '../auth/key-names.ts';
import { issue, publicOf, sign } from '../auth/token-fixture.ts';
import { eventually, mountFiles, type RegistryUnderTest, startRegistry } from './registry-under-test.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';

const [old, next, later] = [issue('P-256'), issue('P-256'), issue('P-256')];
const jwksOf = (...of: (typeof old)[]): string => {
  return JSON.stringify({ keys: of.map((one) => publicOf(one).export({ format: 'jwk' })) });
};
const directory = mkdtempSync(join(tmpdir(), 'wharfinger-token-keys-'));
const auth = {
  token: {
    realm: 'https://auth.example/token',
    service: 'service',
    issuer: 'issuer',
    rootcertbundle: join(directory, 'bundle.pem'),
    jwks: join(directory, 'jwks.json'),
  },
};

let registry: RegistryUnderTest;
beforeAll(async () => {
  mountFiles(directory, { 'bundle.pem': old.pem, 'jwks.json': jwksOf(old) });
  registry = await startRegistry({ config: { auth } });
}, 30_000);
afterAll(async () => {
  await registry.stop();
  rmSync(directory, { recursive: true });
});

/** Statuses of enough requests to meet every worker, in which the connection is not kept. */
async function statusesBy(by: typeof old): Promise<number[]> {
  const token = await sign({ key: by.key, header: { alg: 'ES256', kid: libtrustName(publicOf(by)) } });
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  const answers = await Promise.all(
    Array.from({ length: 6 }, () =>
      registry.call({ path: '/v2/', headers, agent: false, rejectUnauthorized: false }),
    ),
  );
  return [...new Set(answers.map(({ status }) => status))];
}

describe('keys of auth.token', () => {
  it('are taken live from both files, in every worker', async () => {
    expect([await statusesBy(old), await statusesBy(next), await statusesBy(later)]).toEqual([
      [200],
      [401],
      [401],
    ]);
    mountFiles(directory, { 'bundle.pem': next.pem, 'jwks.json': jwksOf(later) });
    await expect.poll(() => statusesBy(later), { timeout: 2_000 }).toEqual([200]);
    expect([await statusesBy(old), await statusesBy(next)]).toEqual([[401], [200]]);
  });

  it('stay when the new files cannot be used, and the log says why, once', async () => {
    mountFiles(directory, { 'bundle.pem': 'nothing', 'jwks.json': jwksOf(old) });
    const problem = 'auth.token.rootcertbundle: there is no PEM certificate in the file';
    expect(await eventually(() => registry.output().includes(problem))).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(registry.output().split(problem)).toHaveLength(2);
    expect([await statusesBy(next), await statusesBy(old)]).toEqual([[200], [401]]);
  });

  it('hinder the start, in one sentence, when there are none', async () => {
    const missing = { token: { ...auth.token, jwks: join(directory, 'absent.json') } };
    await expect(startRegistry({ config: { auth: missing } })).rejects.toThrow(
      `auth.token.jwks: the file ${join(directory, 'absent.json')} does not exist`,
    );
    await expect(startRegistry({ config: { auth } })).rejects.toThrow(
      'auth.token.rootcertbundle: there is no PEM certificate in the file',
    );
  });
});
