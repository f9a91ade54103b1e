import { z } from 'zod';
import { durationBetween } from './duration.ts';
import { GarbageCollectionStatus } from './garbage-collection-status.ts';
import { apiVersion } from './group.ts';
import { ObjectMeta } from './object-meta.ts';
import { rules } from './rule.ts';

export const garbageCollectionKind = 'GarbageCollection';

/** How one run collects. */
export const GarbageCollectionSpec = z
  .object({
    registryRef: z
      .object({ name: z.string().min(1).max(253).describe('Name of the Registry.') })
      .describe('The Registry of the same namespace to collect.'),
    dryRun: z.boolean().default(false).describe('Count what would go, and delete nothing.'),
    deleteUntagged: z.boolean().default(false).describe('Delete manifests that no tag leads to.'),
    minAge: durationBetween('0s', '87600h')
      .default('24h')
      .describe(
        'What was pushed or reused more recently than this is kept, so that pushes under way are safe.',
      ),
    removeEmptyRepositories: z
      .boolean()
      .default(true)
      .describe('Remove repositories that the collection emptied from the catalog.'),
    windowTimeout: durationBetween('1s', '10m')
      .default('60s')
      .describe('The longest time for which pushes pause.'),
    timeout: durationBetween('1s', '24h').default('10m').describe('The longest time the whole run may take.'),
  })
  .meta(
    rules({
      rule: 'self == oldSelf',
      message: 'the spec of a GarbageCollection cannot change; create another GarbageCollection instead',
    }),
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
  .describe('GarbageCollection frees the space of deleted images in a Registry, once.');
export type GarbageCollection = z.infer<typeof GarbageCollection>;
