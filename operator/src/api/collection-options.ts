import { z } from 'zod';
import { Duration, durationBetween } from './duration.ts';
import { rules } from './rule.ts';

const atomic = { 'x-kubernetes-list-type': 'atomic' };

/** A pattern of repository names: `*` stands for any characters but `/`, `**` for any characters. */
export const RepositoryPattern = z
  .string()
  .max(256)
  .meta(
    rules({
      rule: "self.matches('^[-a-z0-9._/*]+$')",
      message:
        "not a pattern of repository names; write names such as team/app, with '*' for any characters but '/' and '**' for any characters",
    }),
  );
export type RepositoryPattern = z.infer<typeof RepositoryPattern>;

/** A pattern of tags: `*` stands for any characters. */
export const TagPattern = z
  .string()
  .max(128)
  .meta(
    rules({
      rule: "self.matches('^[-A-Za-z0-9._*]+$')",
      message: "not a pattern of tags; write tags such as v1.2, with '*' for any characters",
    }),
  );
export type TagPattern = z.infer<typeof TagPattern>;

/** Which tags of a repository stay. */
export const RetentionRule = z
  .object({
    repositories: z
      .array(RepositoryPattern)
      .min(1)
      .max(32)
      .meta(atomic)
      .describe('Patterns of repository names. The first rule that matches a repository is its rule.'),
    keepMatching: z.array(TagPattern).max(32).meta(atomic).optional().describe('Patterns of tags that stay.'),
    keepLast: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('As many tags stay, those set last first.'),
    keepYoungerThan: Duration.optional().describe('Tags set more recently than this stay.'),
    keepPulledWithin: durationBetween('24h', '8760h')
      .optional()
      .describe(
        'Tags that were set, or whose image was pulled from this registry, more recently than this stay. Days are counted; what was pulled before the registry began to count is not known, and stays.',
      ),
  })
  .meta(
    rules({
      rule: 'has(self.keepLast) || has(self.keepYoungerThan) || has(self.keepPulledWithin) || (has(self.keepMatching) && self.keepMatching.size() > 0)',
      message:
        'a retention rule must keep something; set keepLast, keepYoungerThan, keepPulledWithin or keepMatching, or remove the rule',
    }),
  );
export type RetentionRule = z.infer<typeof RetentionRule>;

/** How a run collects: in the spec of a GarbageCollection, and in the template of a Registry's schedule. */
export const collectionOptions = {
  deleteUntagged: z.boolean().default(false).describe('Delete manifests that no tag leads to.'),
  minAge: durationBetween('0s', '87600h')
    .default('24h')
    .describe(
      'What was pushed or reused more recently than this is kept, so that pushes under way are safe.',
    ),
  repositories: z
    .array(RepositoryPattern)
    .max(64)
    .meta(atomic)
    .optional()
    .describe('Patterns of the repositories to collect; the others keep all that they have. All without it.'),
  retention: z
    .array(RetentionRule)
    .max(32)
    .meta(atomic)
    .optional()
    .describe(
      'Removes tags before the collection: in a repository that a rule matches, those that the rule does not keep.',
    ),
  removeEmptyRepositories: z
    .boolean()
    .default(true)
    .describe('Remove repositories that the collection emptied from the catalog.'),
  undoFor: durationBetween('0s', '720h')
    .default('1h')
    .describe(
      'For how long restoreFrom can bring back what was deleted; its space is freed then. 0s frees it at once.',
    ),
  restart: z
    .enum(['InPlace', 'Rollout'])
    .default('InPlace')
    .describe(
      'How the serving processes are replaced after a sweep. Rollout also replaces the pods, once writes are back.',
    ),
  windowTimeout: durationBetween('1s', '10m')
    .default('60s')
    .describe('The longest time for which pushes pause.'),
  timeout: durationBetween('1s', '24h')
    .default('10m')
    .describe(
      'The longest time for each of three: waiting for its turn, marking and sweeping, and the check before space is freed.',
    ),
};
