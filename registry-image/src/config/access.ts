import type { z } from 'zod';
import type { Auth } from './sections/auth.ts';
import type { AccessRule } from './sections/wharfinger.ts';

/** Access rules are for users of a file, or for everybody where nobody can log in. */
export function checkAccess(
  config: { auth: z.output<typeof Auth>; wharfinger: { access: readonly AccessRule[] } },
  context: z.RefinementCtx,
): void {
  const { auth, wharfinger } = config;
  if (wharfinger.access.length === 0) return;
  for (const provider of ['token', 'silly'] as const) {
    if (!auth[provider]) continue;
    context.addIssue({
      code: 'custom',
      path: ['wharfinger', 'access'],
      message: `cannot be used with auth.${provider}, which decides by itself who may do what; remove one of them`,
    });
    return;
  }
  for (const [index, rule] of wharfinger.access.entries()) {
    if (auth.htpasswd || rule.anonymous) continue;
    context.addIssue({
      code: 'custom',
      path: ['wharfinger', 'access', index],
      message:
        'is for users, but without auth.htpasswd nobody can log in; configure it, or set anonymous: true',
    });
  }
}
