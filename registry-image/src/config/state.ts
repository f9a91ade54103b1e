import { z } from 'zod';

/** What holds in one replica, answered by its supervisor on `GET /state` of the state endpoint. */
export const CollectionCounts = z.object({
  repositories: z.number().int(),
  manifestsMarked: z.number().int(),
  blobsMarked: z.number().int(),
  manifestsDeleted: z.number().int(),
  blobsDeleted: z.number().int(),
  layerLinksDeleted: z.number().int(),
  /** Tags that the retention rules took away. */
  tagsRemoved: z.number().int().default(0),
  repositoriesRemoved: z.number().int(),
  /** Bytes of blob data moved to the trash by the sweep (eligible, in a dry run). */
  bytesDeleted: z.number().int(),
  /** Blobs and manifests that the second mark found alive and put back. */
  restored: z.number().int(),
  /** Bytes unlinked for good after the second mark. */
  bytesFreed: z.number().int(),
  /** Bytes that the second mark found dead and that are kept until the undo grace is over. */
  bytesPending: z.number().int().default(0),
});
export type CollectionCounts = z.infer<typeof CollectionCounts>;

/** Marked, Swept, Confirmed and Restored are the ends of the four jobs; a dry run ends with Marked. */
export const CollectionPhase = z.enum([
  'Marking',
  'Marked',
  'Sweeping',
  'Swept',
  'Confirming',
  'Confirmed',
  'Restoring',
  'Restored',
  'Failed',
]);
export type CollectionPhase = z.infer<typeof CollectionPhase>;

export const CollectionState = z.object({
  run: z.string(),
  attempt: z.number().int(),
  phase: CollectionPhase,
  /** True once anything was moved to the trash: a failure after that needs the restart and the second mark. */
  touched: z.boolean(),
  /** What the mark gave up and no window has swept yet: links, blobs, uploads, tags. */
  remaining: z.number().int().default(0),
  /** One sentence for people; set when `phase` is Failed. */
  message: z.string().optional(),
  /** True when the collector's process ended without a word: then another one may succeed. */
  died: z.boolean().optional(),
  counts: CollectionCounts,
});
export type CollectionState = z.infer<typeof CollectionState>;

export const WorkerState = z.object({
  pid: z.number().int(),
  /** Kernel start time of the process: field 22 of /proc/PID/stat, in clock ticks since boot. */
  startTime: z.number().int(),
  /** starting: not listening yet; serving: takes requests; draining: finishes what it has, takes no new request once `takesRequests` is false. */
  phase: z.enum(['starting', 'serving', 'draining']),
  takesRequests: z.boolean(),
  requestsInFlight: z.number().int(),
});
export type WorkerState = z.infer<typeof WorkerState>;

export const StorageState = z.object({
  /** In bytes; `free` for this replica, without what the file system keeps for root. */
  total: z.number(),
  free: z.number(),
  /** One sentence with the way out, when this replica cannot read and write there. */
  hindrance: z.string().optional(),
});
export type StorageState = z.infer<typeof StorageState>;

export const RegistryState = z.object({
  pod: z.string(),
  /** New at every start of the supervisor. */
  boot: z.string(),
  version: z.string(),
  /**
   * Boots of the registries that this replica sees on its storage, its own included: replicas that do not see one another do not share
   * a store. Not told by earlier releases, nor while this replica cannot write to its storage.
   */
  members: z.array(z.string()).optional(),
  /** The storage as this replica sees it. Not told by earlier releases, nor of a storage that has no bounds. */
  storage: StorageState.optional(),
  /** `maintenanceHash` of the text of each maintenance file that `writes`, `restart` and `collection` below reflect. */
  observed: z.object({ registry: z.string(), collection: z.string() }),
  /** open; readOnly: refused; paused: held in every worker and no commit section is running anywhere in this replica. */
  writes: z.enum(['open', 'readOnly', 'pausing', 'paused']),
  heldWrites: z.number().int(),
  /** True when this supervisor ended the window of the current (run, attempt) because its deadline had passed. */
  windowExpired: z.boolean(),
  /**
   * How long writes were held here in the last window of the operator that ended, and how long ago that is, in milliseconds. Not told by releases that know
   * no `collect.solo`; some that do tell only the length.
   */
  lastPause: z
    .object({
      run: z.string(),
      attempt: z.number().int(),
      milliseconds: z.number(),
      sinceEnd: z.number().optional(),
    })
    .nullable()
    .optional(),
  /** True when the workers that are to replace those that serve are forked and wait (see `mark` in maintenance.ts). */
  prepared: z.boolean().default(false),
  /** Last restart nonce seen; done when every worker that takes requests was forked after it was first seen. */
  restart: z.object({ nonce: z.string(), done: z.boolean() }).nullable(),
  workers: z.array(WorkerState),
  /** The last collection this supervisor ran since its boot, or null. */
  collection: CollectionState.nullable(),
  /** SHA-256 fingerprint (hex) of the serving certificate in use, '' when TLS is off. */
  certificate: z.string(),
  /** sha256 (hex) of the htpasswd file in use by every worker, '' when there is none. */
  htpasswd: z.string(),
});
export type RegistryState = z.infer<typeof RegistryState>;
