import type { Config } from '../config/index.ts';
import type { Access } from './access.ts';
import { matchesPattern, mayMatchBelow, parsePattern, type RepositoryPattern } from './repository-pattern.ts';

type AccessRule = Config['wharfinger']['access'][number];

/** The access rules of `wharfinger.access`. A user is a name, or '' for somebody who gave no credentials. */
export interface Rules {
  /** Some rule is for everybody. */
  readonly anonymous: boolean;
  may(user: string, access: Access): boolean;
  /** Whether the user may pull any repository below the path `prefix`. */
  mayPullBelow(user: string, prefix: string): boolean;
}

/**
 * What no rule allows is denied. `push` allows to pull as well: every client looks for blobs and manifests before and
 * while it pushes. The catalog may be asked for by every user, and by everybody when some rule is for everybody.
 */
export function createRules(list: readonly AccessRule[]): Rules {
  const rules = list.map((rule) => {
    return { rule, patterns: rule.repositories.map(parsePattern) };
  });
  const anonymous = list.some((rule) => rule.anonymous);

  function some(
    user: string,
    action: Access['action'],
    fits: (pattern: RepositoryPattern) => boolean,
  ): boolean {
    return rules.some(
      ({ rule, patterns }) => isFor(rule, user) && allows(rule, action) && patterns.some(fits),
    );
  }

  return {
    anonymous,
    may(user, { repository, action }) {
      if (action === 'catalog') return user !== '' || anonymous;
      return some(user, action, (pattern) => matchesPattern(pattern, repository, user));
    },
    mayPullBelow: (user, prefix) => some(user, 'pull', (pattern) => mayMatchBelow(pattern, prefix, user)),
  };
}

function isFor(rule: AccessRule, user: string): boolean {
  if (rule.anonymous) return true;
  return user !== '' && (rule.users.includes('*') || rule.users.includes(user));
}

function allows({ actions }: AccessRule, action: Access['action']): boolean {
  return actions.some(
    (allowed) => allowed === '*' || allowed === action || (allowed === 'push' && action === 'pull'),
  );
}
