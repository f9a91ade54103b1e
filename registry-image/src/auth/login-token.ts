import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { LoginToken } from './access.ts';

/** Seconds for which a token holds. It names a user and no rights, and ends with the user's password, so it may be long. */
const lifetime = 3600;

/** Tokens by which a client that has logged in, or that has no credentials, is known again. */
export interface LoginTokens {
  /** @param user '' for somebody without credentials */
  issue(user: string): LoginToken;
  /** The user of a token; undefined when it was not made here, is over, or the user's password is another one now. */
  userOf(token: string): string | undefined;
}

/**
 * @param options.secret `http.secret`, so that all processes take each other's tokens; random without it
 * @param options.credentialsOf what a user's tokens are made from, the first of them; they end when it is not among them any more. None for
 *   somebody who is no user
 */
export function createLoginTokens(options: {
  secret: string | undefined;
  credentialsOf: (user: string) => readonly string[];
  now?: () => number;
}): LoginTokens {
  const { credentialsOf, now = Date.now } = options;
  const key = createHmac('sha256', options.secret ?? randomBytes(32))
    .update('login token')
    .digest();

  function signatures(payload: string, user: string): Buffer[] {
    const credentials = user === '' ? [''] : credentialsOf(user);
    return credentials.map((credential) =>
      createHmac('sha256', key).update(`${payload}.${credential}`).digest(),
    );
  }

  return {
    issue(user) {
      const expires = Math.floor(now() / 1000) + lifetime;
      const payload = Buffer.from(JSON.stringify({ user, expires })).toString('base64url');
      const token = `${payload}.${signatures(payload, user)[0]?.toString('base64url') ?? ''}`;
      return { token, expiresIn: lifetime, issuedAt: new Date(now()) };
    },
    userOf(token) {
      const [payload = '', given = ''] = token.split('.');
      const content = parsePayload(payload);
      const received = Buffer.from(given, 'base64url');
      if (!content || content.expires * 1000 <= now()) return undefined;
      const isSigned = signatures(payload, content.user).some(
        (expected) => expected.length === received.length && timingSafeEqual(expected, received),
      );
      return isSigned ? content.user : undefined;
    },
  };
}

function parsePayload(payload: string): { user: string; expires: number } | undefined {
  try {
    const { user, expires } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    return typeof user === 'string' && typeof expires === 'number' ? { user, expires } : undefined;
  } catch {
    return undefined;
  }
}
