import type { LayoutPath } from '../storage/paths.ts';
import type { StoreContent, TagContent } from './content.ts';
import { type CollectionPlan, judgeLayer } from './plan.ts';
import type { TrashFile } from './trash-files.ts';

/** The order of putting back, bottom-up: nothing visible lacks what it refers to. */
export const restoreOrder: readonly LayoutPath['kind'][] = [
  'blobData',
  'layerLink',
  'revisionLink',
  'tagIndexLink',
  'tagCurrentLink',
];

/** What a collection sweeps; uploads among them never come back. */
export const sweptKinds: ReadonlySet<LayoutPath['kind'] | undefined> = new Set([
  ...restoreOrder,
  'uploadData',
  'uploadStartedAt',
  'uploadHashState',
]);

export interface Judgement {
  readonly alive: readonly TrashFile[];
  /** The rest, made anew each time that they are asked for: they are many. */
  readonly dead: Iterable<TrashFile>;
  /** Of the blobs that are dead. */
  readonly deadBytes: number;
  /** What no collection put into the trash. */
  readonly foreign: readonly TrashFile[];
}

/** Judges the files of the trash by a plan that was made with them (`planConfirmation`). */
export function judgeTrash(
  files: Iterable<TrashFile>,
  content: StoreContent,
  plan: CollectionPlan,
): Judgement {
  const judged = { alive: [] as TrashFile[], foreign: [] as TrashFile[] };
  const others = new Set<number>();
  let deadBytes = 0;
  for (const [index, file] of numbered(files)) {
    const verdict = judge(file, content, plan);
    if (verdict === 'dead') deadBytes += blobBytes(file);
    else {
      judged[verdict].push(file);
      others.add(index);
    }
  }
  return { ...judged, deadBytes, dead: { [Symbol.iterator]: () => without(others, files) } };
}

/** Bytes; 0 of what is no blob. */
export function blobBytes({ layout, size }: Pick<TrashFile, 'layout' | 'size'>): number {
  return layout?.kind === 'blobData' ? size : 0;
}

function* without(others: ReadonlySet<number>, files: Iterable<TrashFile>): Generator<TrashFile, undefined> {
  for (const [index, file] of numbered(files)) if (!others.has(index)) yield file;
}

function* numbered(files: Iterable<TrashFile>): Generator<[number, TrashFile]> {
  let index = 0;
  for (const file of files) yield [index++, file];
}

function judge(
  { layout, modified }: Pick<TrashFile, 'layout' | 'modified'>,
  content: StoreContent,
  plan: CollectionPlan,
): 'alive' | 'dead' | 'foreign' {
  if (!layout || !sweptKinds.has(layout.kind)) return 'foreign';
  return isAlive(layout, modified, content, plan) ? 'alive' : 'dead';
}

function isAlive(layout: LayoutPath, modified: number, content: StoreContent, plan: CollectionPlan): boolean {
  if (layout.kind === 'blobData') return content.unknown.length > 0 || plan.liveBlobs.has(layout.digest);
  if (!('repository' in layout)) return false;
  const repository = content.repositories.get(layout.repository);
  const judged = plan.repositories.get(layout.repository);
  if (!repository || !judged) return false;
  if (layout.kind === 'layerLink') return judgeLayer(layout.digest, repository, judged, content) === 'alive';
  if (layout.kind === 'revisionLink') return judged.live.has(layout.digest);
  if (layout.kind !== 'tagIndexLink' && layout.kind !== 'tagCurrentLink') return false;
  const tag = repository.tags.get(layout.tag);
  if (layout.kind === 'tagIndexLink') return judged.live.has(layout.digest) && isThere(tag, judged.keepsAll);
  // Two runs may have taken the same tag away.
  return tag?.trashed === true && tag.modified === modified && isThere(tag, judged.keepsAll);
}

/** Whether a tag is in the store, or comes back: a rule took it away, so it does when its repository keeps all, or by the rule itself. */
function isThere(tag: TagContent | undefined, keepsAll: boolean): boolean {
  return tag?.current !== undefined && (keepsAll || !tag.trashed || tag.returns === true);
}
