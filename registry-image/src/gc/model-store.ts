/** The store, the options and the verdict as the model of a collection (collection-model.ts) knows them. */
export interface ModelStore {
  readonly repositories: readonly ModelRepository[];
  readonly blobs: readonly { readonly digest: string; readonly place: 'store' | 'held' | 'trash' }[];
  readonly manifests: readonly ModelManifest[];
  /** True when something is there that cannot be looked into. */
  readonly unknown: boolean;
}

export interface ModelRepository {
  readonly name: string;
  readonly inStore: boolean;
  readonly tags: readonly ModelTag[];
  readonly revisions: readonly ModelLink[];
  readonly layers: readonly ModelLink[];
  readonly uploads: readonly { readonly id: string; readonly time: number }[];
  /** What was committed since the mark began. */
  readonly written: readonly string[];
  /** When manifests were last pulled. */
  readonly pulls: readonly { readonly digest: string; readonly time: number }[];
  /** True when a link of it cannot be read. */
  readonly unreadable: boolean;
}

export interface ModelTag {
  readonly name: string;
  readonly digest: string | null;
  readonly time: number;
  readonly history: readonly string[];
  readonly trashed: boolean;
}

export interface ModelLink {
  readonly digest: string;
  /** The blob that it leads to. */
  readonly target: string;
  readonly time: number;
  readonly trashed: boolean;
}

export interface ModelManifest {
  readonly digest: string;
  readonly damaged: boolean;
  readonly blobs: readonly string[];
  readonly children: readonly string[];
  readonly subject: string | null;
}

export interface ModelRule {
  readonly repositories: readonly string[];
  readonly keepMatching: readonly string[];
  readonly keepLast: number | null;
  readonly keepYoungerThan: number | null;
  readonly keepPulledWithin: number | null;
}

export interface ModelOptions {
  readonly deleteUntagged: boolean;
  readonly removeEmptyRepositories: boolean;
  readonly minAge: number;
  readonly repositories: readonly string[];
  readonly retention: readonly ModelRule[];
  readonly now: number;
}

/** What stays and what goes; every list is sorted. */
export interface Verdict {
  readonly repositories: readonly RepositoryVerdict[];
  readonly liveBlobs: readonly string[];
  readonly deadBlobs: readonly string[];
}

export interface RepositoryVerdict {
  readonly name: string;
  readonly keepsAll: boolean;
  /** Digests that stay, each with its reason. */
  readonly live: readonly string[];
  readonly removedTags: readonly string[];
  readonly deadTagEntries: readonly string[];
  readonly deadRevisions: readonly string[];
  readonly deadLayers: readonly string[];
  readonly danglingLayers: readonly string[];
  readonly staleUploads: readonly string[];
  readonly lostTags: readonly string[];
  readonly vanishes: boolean;
}
