import { z } from 'zod';
import { collectionOptions } from './collection-options.ts';
import { GarbageCollectionStatus } from './garbage-collection-status.ts';
import { apiVersion } from './group.ts';
import { ObjectMeta } from './object-meta.ts';
import { rules } from './rule.ts';

export const garbageCollectionKind = 'GarbageCollection';

/** What a run that restores leaves at its default; the API server has filled the defaults in before it looks at rules. */
const untouched = [
  '!self.dryRun && !self.deleteUntagged && self.removeEmptyRepositories',
  "self.minAge == '24h' && self.undoFor == '1h' && self.windowTimeout == '60s' && self.restart == 'InPlace'",
  '!has(self.repositories) && !has(self.retention)',
].join(' && ');

/** How one run collects. */
export const GarbageCollectionSpec = z
  .object({
    registryRef: z
      .object({ name: z.string().min(1).max(253).describe('Name of the Registry.') })
      .describe('The Registry of the same namespace to collect.'),
    dryRun: z
      .boolean()
      .default(false)
      .describe(
        'Delete nothing: count what would go, and write the plan into the ConfigMap of status.planRef.',
      ),
    ...collectionOptions,
    restoreFrom: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe(
        'Collect nothing, and bring back what an earlier GarbageCollection of the Registry deleted, while its undoFor lasts: its name, or its UID when the object is gone.',
      ),
  })
  .meta(
    rules(
      {
        rule: 'self == oldSelf',
        message: 'the spec of a GarbageCollection cannot change; create another GarbageCollection instead',
      },
      {
        rule: `!has(self.restoreFrom) || (${untouched})`,
        message: 'restoreFrom goes with registryRef and timeout alone; remove the other fields',
      },
    ),
  );
export type GarbageCollectionSpec = z.infer<typeof GarbageCollectionSpec>;

/** One garbage collection of a Registry. */
export const GarbageCollection = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(garbageCollectionKind),
    metadata: ObjectMeta,
    spec: GarbageCollectionSpec,
    status: GarbageCollectionStatus.optional(),
  })
  .describe('GarbageCollection frees the space of deleted images in a Registry, once.')
  .meta(
    rules({
      rule: 'self.metadata.name.size() <= 248',
      message:
        'metadata.name must have at most 248 characters, because the ConfigMap of a dry run is named after it',
    }),
  );
export type GarbageCollection = z.infer<typeof GarbageCollection>;
