import { describe, expect, it } from 'vitest';
import { createLoginTokens } from './login-token.ts';

describe('createLoginTokens', () => {
  it('knows its tokens again in every process with the same secret, and in no other', () => {
    const credentialsOf = (): string[] => ['hash'];
    const [one, other] = ['same', 'same'].map((secret) => createLoginTokens({ secret, credentialsOf }));
    const strangers = ['else', undefined].map((secret) => createLoginTokens({ secret, credentialsOf }));
    for (const user of ['ci', '', 'a.b', 'ü']) {
      const { token } = one?.issue(user) ?? { token: '' };
      expect([one?.userOf(token), other?.userOf(token)]).toEqual([user, user]);
      expect(strangers.map((stranger) => stranger.userOf(token))).toEqual([undefined, undefined]);
    }
  });

  it("ends a user's tokens with the password, and nobody else's", () => {
    const hashes = new Map([
      ['ci', ['one']],
      ['dev', ['one']],
    ]);
    const tokens = createLoginTokens({ secret: 'x', credentialsOf: (user) => hashes.get(user) ?? [] });
    const [ci, dev, nobody] = ['ci', 'dev', ''].map((user) => tokens.issue(user).token);
    const known = (): (string | undefined)[] => [ci, dev, nobody].map((token) => tokens.userOf(token ?? ''));
    expect(known()).toEqual(['ci', 'dev', '']);
    hashes.set('ci', ['two', 'one']);
    expect(known()).toEqual(['ci', 'dev', '']);
    hashes.set('ci', ['two']);
    expect(known()).toEqual([undefined, 'dev', '']);
    hashes.delete('dev');
    expect(known()).toEqual([undefined, undefined, '']);
    hashes.set('ci', ['one']);
    expect(known()).toEqual(['ci', undefined, '']);
  });

  it('ends a token when its time is over', () => {
    let now = Date.now();
    const tokens = createLoginTokens({ secret: 'x', credentialsOf: () => [''], now: () => now });
    const { token, expiresIn, issuedAt } = tokens.issue('ci');
    expect(issuedAt).toEqual(new Date(now));
    now += (expiresIn - 2) * 1000;
    expect(tokens.userOf(token)).toBe('ci');
    now += 2000;
    expect(tokens.userOf(token)).toBeUndefined();
  });

  const payloadOf = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64url');

  it.each([
    '',
    '.',
    'x.y',
    `${payloadOf(null)}.AAAA`,
    'e30.AAAA',
    `${payloadOf({ user: '', expires: 9e9 })}.AAAA`,
  ])('takes %j for no token', (token) => {
    expect(createLoginTokens({ secret: 'x', credentialsOf: () => [''] }).userOf(token)).toBeUndefined();
  });
});
