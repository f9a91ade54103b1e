import { z } from 'zod';
import { choice, duration, flag, integer, text, timer } from '../fields.ts';

/**
 * A rule lets the users do the actions in the repositories; what no rule lets them do is denied. Only with
 * `auth.htpasswd` or without any provider; without any rule every user may do everything.
 */
const AccessRule = z.strictObject({
  /** Names of users; `*` is every user who gave a right password. */
  users: z.array(text).default([]),
  /** The rule is for everybody, also for those who gave no credentials. */
  anonymous: flag.default(false),
  /** Patterns: `*` stands for any part of one path component, `**` for any number of components, `${user}` for the user's name. */
  repositories: z.array(text),
  actions: z.array(choice('pull', 'push', 'delete', '*')),
});
export type AccessRule = z.output<typeof AccessRule>;

/** What is ours alone. */
export const Wharfinger = z
  .strictObject({
    workers: integer(1).default(2),
    access: z.array(AccessRule).default([]),
    /** Directory of the maintenance files (maintenance.ts); without it nobody maintains this registry. */
    maintenance: z.strictObject({ directory: text.optional() }).prefault({}),
    /** The state endpoint; without it there is none. */
    state: z.strictObject({ addr: text, certificate: text, key: text, clientca: text }).optional(),
    gc: z.strictObject({ minage: duration.prefault('24h') }).prefault({}),
    hold: z.strictObject({ timeout: timer.prefault('10s'), limit: integer(0).default(1000) }).prefault({}),
  })
  .prefault({});
