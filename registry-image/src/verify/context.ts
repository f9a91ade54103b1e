import type { Inspector } from './inspector.ts';
import type { SetAside } from './set-aside.ts';
import type { Store } from './store.ts';

/** What every part of a run works with. */
export interface Context {
  readonly store: Store;
  readonly inspector: Inspector;
  readonly setAside: SetAside;
  /** An index may lack some of its children. */
  readonly sparse: boolean;
  readonly counts: Counts;
}

/** What a run has looked at. */
export interface Counts {
  blobs: number;
  /** Bytes of the blobs. */
  bytes: number;
  repositories: number;
  manifests: number;
  tags: number;
  layers: number;
  uploads: number;
}
