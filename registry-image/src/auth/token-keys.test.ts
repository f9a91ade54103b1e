import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { libtrustName, namesOfKey } from './key-names.ts';
import { issue, publicOf } from './token-fixture.ts';
import { parseTokenKeys } from './token-keys.ts';

const jwksOf = (...keys: object[]): string => JSON.stringify({ keys });

describe('namesOfKey', () => {
  it("gives libtrust's name, as in distribution's documents", () => {
    // The signature of the example manifest of "Image Manifest Version 2, Schema 1".
    const key = createPublicKey({
      format: 'jwk',
      key: {
        crv: 'P-256',
        kty: 'EC',
        x: '3gAwX48IQ5oaYQAYSxor6rYYc_6yjuLCjtQ9LUakg4A',
        y: 't72ge6kIA1XOjqjVoEOiPPAURltJFBMGDSQvEGVB010',
      },
    });
    expect(libtrustName(key)).toBe('OD6I:6DRK:JXEJ:KBM4:255X:NSAA:MUSF:E4VM:ZI6W:CUN2:L4Z6:LSF4');
    expect(namesOfKey(key)).toContain(libtrustName(key));
  });

  it('gives the thumbprint of RFC 7638, section 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64t' +
      'Z_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD' +
      '08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', e: 'AQAB', n } });
    expect(namesOfKey(key)).toContain('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });
});

describe('parseTokenKeys', () => {
  it('reads the certificates of a bundle and nothing else of it', () => {
    const [one, other] = [issue('RSA'), issue('P-256')];
    const secret = one.key.export({ type: 'pkcs8', format: 'pem' });
    const keys = parseTokenKeys({ rootcertbundle: `# ours\n${secret}${one.pem}\n${other.pem}`, jwks: null });
    expect(keys.roots).toHaveLength(2);
    expect(keys.byName.get(libtrustName(publicOf(other)))?.[0]?.algorithms).toEqual(['ES256']);
    expect(keys.problems).toEqual([]);
  });

  it.each([
    [
      'no certificate',
      { rootcertbundle: 'nothing', jwks: null },
      'auth.token.rootcertbundle: there is no PEM certificate in the file',
    ],
    [
      'a broken certificate',
      { rootcertbundle: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', jwks: null },
      'auth.token.rootcertbundle: certificate 1 in the file cannot be read',
    ],
    ['no JSON', { rootcertbundle: null, jwks: '{' }, 'auth.token.jwks: the file is not a JSON object'],
    [
      'another object',
      { rootcertbundle: null, jwks: '{"kty":"RSA"}' },
      'auth.token.jwks: the file is not a JSON object',
    ],
    ['null', { rootcertbundle: null, jwks: 'null' }, 'auth.token.jwks: the file is not a JSON object'],
    [
      'a list of something else',
      { rootcertbundle: null, jwks: '{"keys":[null]}' },
      'auth.token.jwks: the file',
    ],
    [
      'no key',
      { rootcertbundle: null, jwks: '{"keys":[]}' },
      'auth.token: there is no key to verify tokens with',
    ],
    [
      'a secret as the only key',
      { rootcertbundle: null, jwks: jwksOf({ kty: 'oct', k: 'aHVudGVyMg' }) },
      'auth.token: there is no key to verify tokens with; auth.token.jwks: key 1: is no public key that can be read',
    ],
    [
      'a weak key',
      { rootcertbundle: issue('weak').pem, jwks: null },
      'auth.token: there is no key to verify tokens with; auth.token.rootcertbundle: certificate 1: no token can be',
    ],
  ])('refuses %s in one sentence, without any of the content', (_, texts, sentence) => {
    let message = '';
    try {
      parseTokenKeys(texts);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.startsWith(sentence)).toBe(true);
    expect(message).not.toMatch(/hunter2|aHVudGVyMg|\n/);
  });

  it('uses what it can of a JWKS, and says what it cannot', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const good = publicOf(issue('P-256')).export({ format: 'jwk' });
    const keys = parseTokenKeys({
      rootcertbundle: null,
      jwks: jwksOf(
        { ...good, kid: 'good' },
        publicKey.export({ format: 'jwk' }),
        { ...good, use: 'enc', kid: 'enc' },
        { kty: 'oct', k: 'aHVudGVyMg', kid: 'secret' },
        { ...good, alg: 'RS256', kid: 'other' },
      ),
    });
    expect(keys.byName.has('good')).toBe(true);
    expect(['enc', 'secret', 'other'].filter((name) => keys.byName.has(name))).toEqual([]);
    expect(keys.problems.map((problem) => /key \d/.exec(problem)?.[0])).toEqual([
      'key 2',
      'key 3',
      'key 4',
      'key 5',
    ]);
  });
});
