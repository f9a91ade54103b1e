import {
  type Access,
  type AccessController,
  AccessError,
  type AccessRequest,
  type Subject,
} from './access.ts';
import { basicChallenge, bearerChallenge, type TokenProblem } from './challenge.ts';
import { type Credentials, parseAuthorization } from './credentials.ts';
import type { LoginTokens } from './login-token.ts';
import type { Rules } from './rules.ts';

/** Whose names and passwords are known. */
export interface Users {
  readonly realm: string;
  /** @throws AccessError `busy` */
  verify(user: string, password: string): Promise<boolean>;
}

/** Who makes a request: a user, '' for nobody in particular. */
interface Identity {
  readonly user: string;
  /** Says so in a way that the client chose: by a password, or by a token of ours. */
  readonly stated: boolean;
}

/**
 * Access by a list of users, by rules, or by both.
 * @param options.users without them nobody can log in, and everybody is nobody in particular
 * @param options.rules without them every user may do everything
 * @param options.tokens makes clients log in for tokens instead of sending passwords. Where some requests need a
 *   password and others none, this is what works for all of them: docker sends to a registry that asks for passwords
 *   no request without one, and never a password to a registry that does not ask.
 */
export function createUserController(options: {
  users?: Users;
  rules?: Rules;
  tokens?: LoginTokens;
}): AccessController {
  const { users, rules, tokens } = options;

  async function authorize(request: AccessRequest): Promise<Subject> {
    const { user, stated } = await identify(request);
    if (users && request.accesses.length === 0 && !stated) throw refusal(request);
    if (!request.accesses.every((access) => may(user, access))) {
      if (!users || user !== '') throw new AccessError('denied', request);
      throw refusal(request, stated ? 'insufficient_scope' : undefined);
    }
    return subjectOf(user, request);
  }

  function may(user: string, access: Access): boolean {
    if (rules) return rules.may(user, access);
    return !users || user !== '';
  }

  async function identify(request: AccessRequest): Promise<Identity> {
    if (!users) return { user: '', stated: false };
    const credentials = parseAuthorization(request.authorization);
    if (credentials.kind === 'none') return { user: '', stated: false };
    const user = await userOf(credentials, users);
    if (user !== undefined) return { user, stated: true };
    throw refusal(request, credentials.kind === 'bearer' ? 'invalid_token' : undefined);
  }

  async function userOf(credentials: Credentials, known: Users): Promise<string | undefined> {
    if (credentials.kind === 'bearer') return tokens?.userOf(credentials.token);
    if (credentials.kind !== 'basic') return undefined;
    const { user, password } = credentials;
    return (await known.verify(user, password)) ? user : undefined;
  }

  function refusal(request: AccessRequest, problem?: TokenProblem): AccessError {
    const realm = users?.realm ?? '';
    const challenge = tokens
      ? bearerChallenge({ realm: request.loginUrl, service: realm, request, problem })
      : basicChallenge(realm);
    return new AccessError('unauthorized', { challenge, accesses: request.accesses });
  }

  function subjectOf(user: string, { accesses }: AccessRequest): Subject {
    return {
      user,
      mayPush: () => accesses.every(({ repository }) => may(user, { repository, action: 'push' })),
      mayPull: (repository) => may(user, { repository, action: 'pull' }),
      visible: rules && {
        has: (repository) => rules.may(user, { repository, action: 'pull' }),
        below: (prefix) => rules.mayPullBelow(user, prefix),
      },
    };
  }

  const login: AccessController['login'] =
    users &&
    tokens &&
    (async (authorization) => {
      const credentials = parseAuthorization(authorization);
      const user = credentials.kind === 'none' ? '' : await userOf(credentials, users);
      if (user === undefined)
        throw new AccessError('unauthorized', { challenge: basicChallenge(users.realm) });
      return tokens.issue(user);
    });

  return { authorize, login };
}
