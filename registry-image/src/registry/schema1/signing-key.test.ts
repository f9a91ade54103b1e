import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/index.ts';
import { keyId } from './key.ts';
import { signPretty, verifyPretty } from './signature.ts';
import { openSigningKey } from './signing-key.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wharfinger-key-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function open(file?: string, secret = 'a'): ReturnType<typeof openSigningKey> {
  const schema1 = file === undefined ? '{}' : `{signingkeyfile: ${file}}`;
  const { config } = parseConfig(
    `version: 0.1\nstorage: {filesystem: {}}\nhttp: {secret: ${secret}}\ncompatibility: {schema1: ${schema1}}`,
    {},
  );
  return openSigningKey(config);
}

describe('the key that signs manifests of schema 1', () => {
  it.each<[string, string, (key: KeyObject) => string | Buffer]>([
    ['an RSA key as PEM', 'rsa.pem', (key) => key.export({ type: 'pkcs1', format: 'pem' })],
    ['an EC key as PEM', 'ec.pem', (key) => key.export({ type: 'sec1', format: 'pem' })],
    ['an EC key as PKCS #8', 'ec8.pem', (key) => key.export({ type: 'pkcs8', format: 'pem' })],
    ['an EC key as JWK', 'ec.json', (key) => JSON.stringify({ ...key.export({ format: 'jwk' }), kid: 'A' })],
    ['an RSA key as JWK', 'rsa.json', (key) => JSON.stringify(key.export({ format: 'jwk' }))],
  ])('is %s of the file', async (_, name, write) => {
    const { privateKey } = name.startsWith('rsa')
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const file = join(directory, name);
    await writeFile(file, write(privateKey));
    expect(keyId(await (await open(file))())).toBe(keyId(privateKey));
  });

  it('is derived from http.secret without one: the same in every process that has it', async () => {
    const [first, second, other] = await Promise.all(
      ['a', 'a', 'b'].map(async (secret) => (await open(undefined, secret))()),
    );
    expect([first?.type, first?.asymmetricKeyDetails?.namedCurve]).toEqual(['private', 'prime256v1']);
    if (!first || !second || !other) throw new Error('no key');
    expect(keyId(second)).toBe(keyId(first));
    expect(keyId(other)).not.toBe(keyId(first));
    const payload = Buffer.from('{"a":1}');
    expect(verifyPretty(signPretty(payload, first))).toEqual(payload);
  });

  it('that cannot be used is told in one sentence, and nothing of the file', async () => {
    await expect(open(join(directory, 'absent'))).rejects.toThrow(
      /^compatibility\.schema1\.signingkeyfile: the file .*absent cannot be read \(ENOENT\)$/,
    );
    const file = join(directory, 'wrong');
    for (const text of [
      'the secret',
      '{"secret":1',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ]) {
      await writeFile(file, text);
      const error: unknown = await open(file).catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(/must hold a private RSA or EC key/);
      expect(String(error)).not.toMatch(/secret|PRIVATE/);
    }
  });
});
