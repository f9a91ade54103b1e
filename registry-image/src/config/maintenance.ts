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

/** How a run collects; the options of `registry garbage-collect` and of a GarbageCollection's spec. */
export const CollectionOptions = z.object({
  dryRun: z.boolean().default(false),
  deleteUntagged: z.boolean().default(false),
  removeEmptyRepositories: z.boolean().default(true),
  /** Milliseconds for which a link keeps what it names alive (a lease); 0 turns leases off. */
  minAge: z.number().int().nonnegative().default(86_400_000),
});
export type CollectionOptions = z.infer<typeof CollectionOptions>;

/** `collection.json`: what a run of a GarbageCollection needs from this registry now. */
export const CollectionMaintenance = z.object({
  /** UID of the GarbageCollection; with `attempt` it names the run. */
  run: z.string().min(1),
  attempt: z.number().int().nonnegative(),
  /** While present, writes are held (not refused) until `deadline`; a supervisor ends the window by itself then. */
  window: z.object({ deadline: z.iso.datetime() }).optional(),
  /** Present: mark and sweep on the named replica, once per (run, attempt), only inside a confirmed window. */
  collect: z.object({ pod: z.string(), options: CollectionOptions }).optional(),
  /** Workers forked before this nonce was first seen are replaced by new ones. */
  restart: z.string().min(1).optional(),
  /** Present: the second mark on the named replica, once per (run, attempt); writes are open. */
  confirm: z.object({ pod: z.string(), options: CollectionOptions }).optional(),
});
export type CollectionMaintenance = z.infer<typeof CollectionMaintenance>;

/** Hash by which a supervisor says which text of a maintenance file it converged to; a missing file hashes as ''. */
export function maintenanceHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
