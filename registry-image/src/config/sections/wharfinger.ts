import { z } from 'zod';
import { choice, duration, flag, integer, text, timer } from '../fields.ts';

/** A repository name in which `*`, `${user}` and, as a whole component, `**` may stand. */
const repositoryPattern = text.refine(
  (value) =>
    /^(?:\*\*|(?:[a-z0-9._-]|\$\{user\}|\*(?!\*))+)(?:\/(?:\*\*|(?:[a-z0-9._-]|\$\{user\}|\*(?!\*))+))*$/.test(
      value,
    ),
  'must be a repository name with *, ${user} or ** (alone between slashes) in it, such as team/** or ${user}/*',
);

const AccessRule = z
  .strictObject({
    users: z.array(text).default([]).describe('Names of users; `*` is every user who gave a right password.'),
    anonymous: flag
      .default(false)
      .describe('The rule is for everybody, also for those who gave no credentials.'),
    repositories: z
      .array(repositoryPattern)
      .min(1, 'must list at least one pattern; ** is every repository')
      .describe(
        "Patterns: `*` stands for any part of one path component, `**` for any number of components (none too), `${user}` for the user's name.",
      ),
    actions: z
      .array(choice('pull', 'push', 'delete', '*'))
      .min(1, 'must list at least one of pull, push, delete, *')
      .describe('What they may do there; who may push may pull too.'),
  })
  .refine(({ users, anonymous }) => anonymous || users.length > 0, {
    message: 'is for nobody; list users, or set anonymous: true',
  });
export type AccessRule = z.output<typeof AccessRule>;

const State = z.strictObject({
  addr: text.describe('HOST:PORT of the state endpoint.'),
  certificate: text.describe('PEM file with its certificate.'),
  key: text.describe('PEM file with its private key.'),
  clientca: text.describe('PEM file with the authority of client certificates.'),
});

/** What is ours alone. */
export const Wharfinger = z
  .strictObject({
    workers: integer(1).default(2).describe('Serving processes.'),
    access: z
      .array(AccessRule.describe('Lets the users do the actions in the repositories.'))
      .default([])
      .describe(
        'Access rules, with `auth.htpasswd` or without any provider: what no rule allows is denied; without any rule every user may do everything.',
      ),
    maintenance: z
      .strictObject({
        directory: text
          .optional()
          .describe('Directory of the maintenance files; without it nobody maintains this registry.'),
      })
      .prefault({})
      .describe('What the operator wants of this registry.'),
    state: State.optional().describe('The state endpoint; there is none without it.'),
    gc: z
      .strictObject({
        minage: duration.prefault('24h').describe('Age of a lease from which on it keeps nothing alive.'),
      })
      .prefault({})
      .describe('Garbage collection.'),
    hold: z
      .strictObject({
        timeout: timer.prefault('10s').describe('How long a write is held while a collection pauses writes.'),
        limit: integer(0).default(1000).describe('Most writes that are held at a time by one worker.'),
      })
      .prefault({})
      .describe('Writes during a pause.'),
  })
  .prefault({})
  .describe("Wharfinger's own settings.");
