import type { LayoutPath } from '../storage/paths.ts';
import type { StoreContent } from './content.ts';
import { type CollectionPlan, judgeLayer } from './plan.ts';
import type { TrashFile } from './trash-files.ts';

/** The order of putting back, bottom-up: nothing visible lacks what it refers to. */
export const restoreOrder: readonly LayoutPath['kind'][] = [
  'blobData',
  'layerLink',
  'revisionLink',
  'tagIndexLink',
];

/** What a collection sweeps; uploads among them never come back. */
const sweptKinds: ReadonlySet<LayoutPath['kind']> = new Set([
  ...restoreOrder,
  'uploadData',
  'uploadStartedAt',
  'uploadHashState',
]);

export interface Judgement {
  readonly alive: TrashFile[];
  readonly dead: TrashFile[];
  /** What no collection put into the trash. */
  readonly foreign: TrashFile[];
}

/** Judges the files of the trash by a plan that was made with them. */
export function judgeTrash(
  files: readonly TrashFile[],
  content: StoreContent,
  plan: CollectionPlan,
): Judgement {
  const judgement: Judgement = { alive: [], dead: [], foreign: [] };
  for (const file of files) judgement[judge(file.layout, content, plan)].push(file);
  return judgement;
}

function judge(layout: LayoutPath | undefined, content: StoreContent, plan: CollectionPlan): keyof Judgement {
  if (!layout || !sweptKinds.has(layout.kind)) return 'foreign';
  return isAlive(layout, content, plan) ? 'alive' : 'dead';
}

function isAlive(layout: LayoutPath, content: StoreContent, plan: CollectionPlan): boolean {
  if (layout.kind === 'blobData') return content.unknown.length > 0 || plan.liveBlobs.has(layout.digest);
  if (layout.kind === 'layerLink') return isLayerAlive(layout, content, plan);
  if (layout.kind !== 'revisionLink' && layout.kind !== 'tagIndexLink') return false;
  return plan.repositories.get(layout.repository)?.live.has(layout.digest) ?? false;
}

function isLayerAlive(
  layout: { repository: string; digest: string },
  content: StoreContent,
  plan: CollectionPlan,
): boolean {
  const repository = content.repositories.get(layout.repository);
  const liveness = plan.repositories.get(layout.repository);
  if (!repository || !liveness) return false;
  return judgeLayer(layout.digest, repository, liveness, content) === 'alive';
}
