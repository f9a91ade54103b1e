import { validateHeaderValue } from 'node:http';
import { describe, expect, it } from 'vitest';
import { basicChallenge, bearerChallenge } from './challenge.ts';

describe('a challenge', () => {
  it('can be sent whatever its realm is, as UTF-8 like the peer sends it', () => {
    const challenge = basicChallenge('登记 "a" \\\r\nX: y');
    validateHeaderValue('WWW-Authenticate', challenge);
    expect(Buffer.from(challenge, 'latin1').toString('utf8')).toBe('Basic realm="登记 \\"a\\" \\\\  X: y"');
  });

  it('names every repository once, with all that is wanted there', () => {
    const request = {
      accesses: [
        { repository: 'a', action: 'pull' },
        { repository: 'a', action: 'push' },
      ],
      wishes: [
        { repository: 'b', action: 'pull' },
        { repository: 'a', action: 'pull' },
      ],
    } as const;
    expect(bearerChallenge({ realm: 'r', service: 's', request, problem: 'invalid_token' })).toBe(
      'Bearer realm="r",service="s",scope="repository:a:pull,push repository:b:pull",error="invalid_token"',
    );
    expect(bearerChallenge({ realm: 'r', service: 's', request: { accesses: [] } })).toBe(
      'Bearer realm="r",service="s"',
    );
  });
});
