import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyId, publicJwk } from './key.ts';
import { SignatureError, signPretty, verifyPretty } from './signature.ts';

const keys: Record<string, KeyObject> = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};
const key = keys['P-256'] as KeyObject;
const payload = Buffer.from('{\n   "name": "é",\n   "tag": "v1"\n}');

interface Signed {
  signatures: { header: Record<string, unknown>; signature: string; protected: string }[];
}

/** A signed document after a change of its signatures. */
function changed(change: (signed: Signed) => void): Buffer {
  const signed = JSON.parse(signPretty(payload, key).toString()) as Signed;
  change(signed);
  return Buffer.from(
    `{\n   "name": "é",\n   "tag": "v1",\n   "signatures": ${JSON.stringify(signed.signatures)}\n}`,
  );
}

describe('a signature', () => {
  it.each(Object.entries(keys))('of %s is verified, and the payload comes back', (_, ownKey) => {
    for (const text of [payload.toString(), '{"a":1}', '{"a":{"b":[]} } \n', '{\n\t"a": 1\n}']) {
      const signed = signPretty(Buffer.from(text), ownKey);
      expect(JSON.parse(signed.toString())).toMatchObject(JSON.parse(text) as object);
      expect(verifyPretty(signed).toString()).toBe(text);
    }
  });

  it('is written as libtrust does it', () => {
    const signed = signPretty(payload, key, Date.UTC(2024, 0, 2, 3, 4, 5, 678)).toString();
    expect(signed).toMatch(
      /^\{\n {3}"name": "é",\n {3}"tag": "v1",\n {3}"signatures": \[\n {6}\{\n {9}"header": \{\n {12}"jwk": \{\n/,
    );
    expect(signed).toMatch(/\n {6}\}\n {3}\]\n\}$/);
    const [signature] = (JSON.parse(signed) as Signed).signatures;
    expect(Buffer.from(signature?.protected ?? '', 'base64url').toString()).toBe(
      `{"formatLength":${payload.length - 2},"formatTail":"Cn0","time":"2024-01-02T03:04:05Z"}`,
    );
    expect(keyId(key)).toMatch(/^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
    expect(signature?.header).toEqual({ jwk: publicJwk(key), alg: 'ES256' });
    expect(Object.keys(publicJwk(key))).toEqual(['crv', 'kid', 'kty', 'x', 'y']);
    expect(Object.keys(publicJwk(keys['RSA'] as KeyObject))).toEqual(['e', 'kid', 'kty', 'n']);
  });

  it.each<[string, Buffer, string]>([
    ['that is missing', payload, 'is not signed'],
    ['in an empty list', Buffer.from('{"signatures":[]}'), 'is not signed'],
    ['of a changed text', Buffer.from(signPretty(payload, key).toString().replace('v1', 'v2')), 'is wrong'],
    [
      'of a changed tail',
      changed(({ signatures: [one] }) => {
        const head = {
          formatLength: payload.length - 2,
          formatTail: Buffer.from(',"x":1}').toString('base64url'),
        };
        if (one) one.protected = Buffer.from(JSON.stringify(head)).toString('base64url');
      }),
      'is wrong',
    ],
    [
      'of another key than it names',
      changed(({ signatures: [one] }) => {
        if (one) one.header['jwk'] = { ...publicJwk(keys['P-384'] as KeyObject), kid: keyId(key) };
      }),
      'cannot be used',
    ],
    [
      'without a key',
      changed(({ signatures: [one] }) => {
        if (one) delete one.header['jwk'];
      }),
      'cannot be used',
    ],
    [
      'whose algorithm is none',
      changed(({ signatures: [one] }) => {
        if (one) one.header['alg'] = 'none';
      }),
      'does not fit',
    ],
    [
      'beside one about something else',
      changed(({ signatures }) => {
        const other = JSON.parse(signPretty(Buffer.from('{"other":1}'), key).toString()) as Signed;
        signatures.push(...other.signatures);
      }),
      'different contents',
    ],
    [
      'beside a wrong one',
      changed(({ signatures: [one, ...others] }) => {
        if (one)
          others.push({ ...one, signature: sign('sha256', Buffer.from('x'), key).toString('base64url') });
        if (one) one.signature = others[0]?.signature ?? '';
      }),
      'is wrong',
    ],
    [
      'that is one of too many',
      changed(({ signatures }) => {
        signatures.push(...Array.from({ length: 16 }, () => signatures).flat());
      }),
      'more than 16',
    ],
  ])('%s is refused', (_, content, reason) => {
    expect(() => verifyPretty(content)).toThrow(SignatureError);
    expect(() => verifyPretty(content)).toThrow(reason);
  });
});
