import type { Access, AccessRequest } from './access.ts';

/** RFC 6750, section 3.1: what is wrong with the token that came. */
export type TokenProblem = 'invalid_token' | 'insufficient_scope';

/** Value of WWW-Authenticate that asks for a name and a password (RFC 7617). */
export function basicChallenge(realm: string): string {
  return `Basic realm=${quoted(realm)}`;
}

/** Value of WWW-Authenticate that sends a client to a token server (distribution's "Token Authentication Specification"). */
export function bearerChallenge(options: {
  realm: string;
  service: string;
  request: Pick<AccessRequest, 'accesses' | 'wishes'>;
  problem?: TokenProblem;
}): string {
  const { accesses, wishes = [] } = options.request;
  const scope = scopeOf([...accesses, ...wishes]);
  const parameters = [`realm=${quoted(options.realm)}`, `service=${quoted(options.service)}`];
  if (scope !== '') parameters.push(`scope=${quoted(scope)}`);
  if (options.problem) parameters.push(`error="${options.problem}"`);
  return `Bearer ${parameters.join(',')}`;
}

/** Resource scopes, divided by spaces: one per repository, with all its actions. */
function scopeOf(accesses: readonly Access[]): string {
  const actions = new Map<string, Set<string>>();
  for (const { repository, action } of accesses) {
    const [resource, name] =
      action === 'catalog' ? ['registry:catalog', '*'] : [`repository:${repository}`, action];
    actions.set(resource, (actions.get(resource) ?? new Set()).add(name));
  }
  return [...actions].map(([resource, names]) => `${resource}:${[...names].join(',')}`).join(' ');
}

/** A quoted-string (RFC 9110, 5.6.4) of UTF-8 bytes, one per character, as Node writes header fields. */
function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters cannot be in a header field
  const escaped = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/["\\]/g, '\\$&');
  return `"${Buffer.from(escaped, 'utf8').toString('latin1')}"`;
}
