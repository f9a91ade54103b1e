import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * What should hold in a running registry, written by the operator into a mounted directory and converged to by the
 * supervisor of every replica (docs/architecture.md, "Maintenance is declarative"). The directory holds two files so
 * that two writers never touch the same one: `registry.json` follows the Registry's spec, `collection.json` is there
 * while a GarbageCollection is under way. A missing file means its defaults.
 */
export const registryFile = 'registry.json';
export const collectionFile = 'collection.json';

/** `registry.json`: what the user asked for. */
export const RegistryMaintenance = z.object({
  /** The user's own read-only: writes are refused at once with 405 UNSUPPORTED. */
  readOnly: z.boolean().default(false),
});
export type RegistryMaintenance = z.infer<typeof RegistryMaintenance>;

/** Which tags of a repository stay; a tag stays when any of these says so. Times in milliseconds. */
export const RetentionRule = z.object({
  /** Patterns of repository names (`*` any characters but `/`, `**` any); the first rule that matches a repository is its rule. */
  repositories: z.array(z.string().min(1)).min(1),
  /** Patterns of tags that stay whatever else is said. */
  keepMatching: z.array(z.string().min(1)).default([]),
  /** As many tags as this stay, the newest first. */
  keepLast: z.number().int().nonnegative().optional(),
  /** Tags set more recently than this stay. */
  keepYoungerThan: z.number().int().nonnegative().optional(),
  /** Tags that were set, or whose manifest was pulled, more recently than this stay. */
  keepPulledWithin: z.number().int().nonnegative().optional(),
});
export type RetentionRule = z.infer<typeof RetentionRule>;

/** How a run collects; the options of `registry garbage-collect` and of a GarbageCollection's spec. */
export const CollectionOptions = z.object({
  dryRun: z.boolean().default(false),
  deleteUntagged: z.boolean().default(false),
  removeEmptyRepositories: z.boolean().default(true),
  /** Milliseconds for which a link keeps what it names alive (a lease); 0 turns leases off. */
  minAge: z.number().int().nonnegative().default(86_400_000),
  /** Patterns of the repositories to collect; the others keep all that they have. None: all are collected. */
  repositories: z.array(z.string().min(1)).default([]),
  /** Untags before the mark. */
  retention: z.array(RetentionRule).default([]),
  /** Milliseconds for which what was swept can be restored after the second mark; 0 frees it at once. */
  undoFor: z.number().int().nonnegative().default(0),
});
export type CollectionOptions = z.infer<typeof CollectionOptions>;

/** `collection.json`: what a run of a GarbageCollection needs from this registry now. */
export const CollectionMaintenance = z.object({
  /** UID of the GarbageCollection; with `attempt` it names one window of the run. */
  run: z.string().min(1),
  attempt: z.number().int().nonnegative(),
  /**
   * Present: the named replica marks, once per run, while writes go on, and keeps the mark for the windows of the run. Every replica
   * gets ready for the next window: it forks the workers that are to replace those that serve.
   */
  mark: z.object({ pod: z.string(), options: CollectionOptions }).optional(),
  /** While present, writes are held (not refused) until `deadline` at the latest; a supervisor ends the window by itself then. */
  window: z.object({ deadline: z.iso.datetime() }).optional(),
  /**
   * Present: sweep on the named replica, once per (run, attempt), only inside a confirmed window, for at most `budget` milliseconds. It
   * sweeps what its mark of this run gave up and the journal does not bring back; without such a mark it marks in the window.
   * With `solo` it is the only replica, so that nobody is to be waited for: the supervisor of this boot, and no other, sweeps as soon as
   * its own writes are held, restarts its workers with the nonce `restart` if anything was moved, and ends the window by itself.
   */
  collect: z
    .object({
      pod: z.string(),
      options: CollectionOptions,
      budget: z.number().int().positive().optional(),
      solo: z.object({ boot: z.string(), restart: z.string().min(1) }).optional(),
    })
    .optional(),
  /** Workers forked before this nonce was first seen are replaced by new ones (or by those that `mark` had forked). */
  restart: z.string().min(1).optional(),
  /** Present: the second mark on the named replica, once per (run, attempt); writes are open. */
  confirm: z.object({ pod: z.string(), options: CollectionOptions }).optional(),
  /** Present: the named replica puts back what the run of this UID swept, once per run; writes are open. */
  restore: z.object({ pod: z.string(), from: z.string().min(1) }).optional(),
});
export type CollectionMaintenance = z.infer<typeof CollectionMaintenance>;

/** Hash by which a supervisor says which text of a maintenance file it converged to; a missing file hashes as ''. */
export function maintenanceHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
