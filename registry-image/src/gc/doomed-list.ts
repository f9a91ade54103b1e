export type DoomedKind = 'tag' | 'tagEntry' | 'revision' | 'layer' | 'blob' | 'upload';

/** Something of the store that goes: the file of a blob or a layer or of an entry in an index; the directory of a revision, a tag or an upload, or the link in it when something foreign lies beside. */
export interface Doomed {
  readonly kind: DoomedKind;
  readonly path: string;
  /** Of a tag: what it names; of an upload: its id. */
  readonly digest: string;
  /** Undefined for a blob. */
  readonly repository?: string;
  /** Of a tag and an entry in its index. */
  readonly tag?: string;
  /** Bytes of blob data, 0 for links and uploads. */
  readonly bytes: number;
}

/** The order of a sweep, top-down: whatever is still visible after a kill is complete. */
export const sweepOrder: readonly DoomedKind[] = ['tag', 'tagEntry', 'revision', 'layer', 'blob', 'upload'];

/** Many of them, which need not be kept as such; arrays are lists too. */
export interface DoomedList extends Iterable<Doomed> {
  readonly length: number;
  at(index: number): Doomed | undefined;
  slice(from: number, to?: number): DoomedList;
  filter(keep: (doomed: Doomed, index: number) => boolean): DoomedList;
}
