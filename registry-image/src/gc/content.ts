import type { Memory } from './memory.ts';
import type { LastPull } from './pulls.ts';

/**
 * What a store holds, as far as a collection must know it: the input of the pure core (liveness.ts, plan.ts). Digests
 * are `algorithm:hex`; times are milliseconds since the epoch. What earlier runs left in the trash is part of it,
 * because the children of a manifest are alive wherever the manifest itself lies.
 */
export interface StoreContent {
  readonly repositories: ReadonlyMap<string, RepositoryContent>;
  readonly blobs: ReadonlyMap<string, Place>;
  /** Every manifest that exists and was asked for; `damaged` when it cannot be read as one. */
  readonly manifests: Pick<ReadonlyMap<string, References | 'damaged'>, 'get' | 'has'>;
  /** Problems that hide references nobody can know: while there is one, no blob is dead. */
  readonly unknown: readonly string[];
  /** Asked for by rules that keep what is pulled; without it nothing is known of pulls. */
  readonly lastPull?: LastPull;
  /** What it is kept in, and what is made of it is to be kept in; without it all is kept as it is. */
  readonly memory?: Memory;
}

/** `held`: in the store, but not ours to move (reached through a symbolic link). */
export type Place = 'store' | 'held' | 'trash';

export interface RepositoryContent {
  /** False when only the trash knows of it. */
  readonly inStore: boolean;
  readonly tags: ReadonlyMap<string, TagContent>;
  readonly revisions: ReadonlyMap<string, Link>;
  readonly layers: ReadonlyMap<string, Link>;
  /** When each upload was started, by its id. */
  readonly uploads: ReadonlyMap<string, number>;
  /** Digests that commits named since the content was read (the journal's); each is a root, like a lease. */
  readonly written?: ReadonlySet<string>;
  /** What could not be told about it, a sentence each; with any, the repository keeps all that it has. */
  readonly problems: readonly string[];
}

export interface TagContent {
  /** Undefined when the tag has no current link: then it names nothing. */
  readonly current: string | undefined;
  /** When it was set; 0 without a current link. */
  readonly modified: number;
  /** Digests of its index entries. */
  readonly history: readonly string[];
  /** True when only the trash has it. */
  readonly trashed?: boolean;
  /** True when it is in the trash, and the rule that takes tags away would keep it (returning-tags.ts). */
  readonly returns?: boolean;
}

export interface Link {
  /** When its lease was last renewed. */
  readonly modified: number;
  readonly trashed: boolean;
  /** The digest that the link names when this differs from the one in its path (distribution links aliases so). */
  readonly target?: string;
  /** A file was seen there, as it should be: no symbolic link. */
  readonly isFile?: true;
}

export interface References {
  /** Config and layers. */
  readonly blobs: readonly string[];
  /** Children of an index, whatever their media type. */
  readonly manifests: readonly string[];
  readonly subject: string | undefined;
}
