import { z } from 'zod';
import { CollectionOptions } from './maintenance.ts';

const Count = z.number().int().nonnegative();

/** How much of each kind goes. */
export const PlanCounts = z.object({
  /** Tags that a retention rule takes away. */
  tags: Count,
  /** Entries in the indexes of tags that stay. */
  tagEntries: Count,
  manifests: Count,
  layerLinks: Count,
  uploads: Count,
});
export type PlanCounts = z.infer<typeof PlanCounts>;

/** What goes, one by one; digests and names are sorted. */
export const PlanDetails = z.object({
  tags: z.array(
    z.object({
      tag: z.string(),
      digest: z.string(),
      /** When it was set. */
      set: z.iso.datetime(),
      /** Position of the rule in `options.retention`. */
      rule: Count,
    }),
  ),
  tagEntries: z.array(z.object({ tag: z.string(), digest: z.string() })),
  manifests: z.array(z.string()),
  layerLinks: z.array(z.string()),
  /** Ids of uploads that were never finished. */
  uploads: z.array(z.string()),
});
export type PlanDetails = z.infer<typeof PlanDetails>;

export const RepositoryPlanReport = z.object({
  name: z.string(),
  /** Digests that stay, by the reason: `kept` when the repository is not collected, or has problems. */
  live: z.partialRecord(
    z.enum(['tag', 'revision', 'lease', 'written', 'kept', 'reference', 'referrer']),
    Count,
  ),
  /** Tags that stay, by the reason: `unruled` when no rule is about the repository, `attached` to a manifest that stays. */
  tags: z.partialRecord(
    z.enum(['unruled', 'kept', 'matching', 'newest', 'young', 'pulled', 'attached']),
    Count,
  ),
  goes: PlanCounts,
  bytes: z.object({
    /** Of blobs that go and that no other repository has. */
    exclusive: Count,
    /** Of blobs that go and that other repositories have and give up as well; each of them counts them. */
    shared: Count,
    /** Of blobs that it gives up and that stay, because another repository keeps them. */
    staying: Count,
  }),
  /** True when nothing is left of it and it leaves the catalog. */
  vanishes: z.boolean(),
  /** What could not be told; with any, the repository keeps all that it has. */
  problems: z.array(z.string()),
  /** Absent in a shortened report. */
  details: PlanDetails.optional(),
});
export type RepositoryPlanReport = z.infer<typeof RepositoryPlanReport>;

/** What a collection keeps and why, and what goes: of a dry run, for people and programs. Sizes in bytes. */
export const PlanReport = z.object({
  /** When the store was read. */
  time: z.iso.datetime(),
  options: CollectionOptions,
  totals: PlanCounts.extend({
    repositories: Count,
    repositoriesVanishing: Count,
    /** Distinct digests that stay. */
    live: Count,
    blobs: Count,
    bytes: Count,
    /** Of blobs that go and that no repository has. */
    orphanedBytes: Count,
  }),
  /** Sorted by name. */
  repositories: z.array(RepositoryPlanReport),
  /** Repositories that a shortened report leaves out. */
  repositoriesOmitted: Count,
  /** Blobs that go; absent in a shortened report. */
  blobs: z.array(z.object({ digest: z.string(), bytes: Count })).optional(),
  problems: z.array(z.string()),
});
export type PlanReport = z.infer<typeof PlanReport>;
