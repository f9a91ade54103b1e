import { type LayoutPath, parsePath } from '../../../registry-image/src/storage/paths.ts';

/** How far a run has come; it begins anew with each of its windows. */
export type Stage = 'closing' | 'sweeping' | 'swept' | 'judged' | 'over';

/**
 * A storage that hangs: from the moment at which a sweep begins, commits that write such a file come no further, until the run has
 * reached a stage. So one commit may begin in a sweep (of a window that it should not be in) and end after the second mark.
 */
export interface Hang {
  readonly kind: Extract<LayoutPath['kind'], 'blobData' | 'layerLink' | 'revisionLink' | 'tagCurrentLink'>;
  readonly until: Extract<Stage, 'swept' | 'judged' | 'over'>;
}

export interface Hanging {
  /** Told by the run. No window closes while a commit hangs, so that ends then too. */
  readonly reached: (stage: Stage) => void;
  /** Resolves when a file may be written. */
  readonly beforeWrite: (path: string) => Promise<void>;
}

const freed: Record<Hang['until'], readonly Stage[]> = {
  swept: ['closing', 'swept', 'judged', 'over'],
  judged: ['closing', 'judged', 'over'],
  over: ['closing', 'over'],
};

export function createHanging(hang: Hang | undefined): Hanging {
  let free = Promise.withResolvers<void>();
  free.resolve();

  return {
    reached(stage) {
      if (hang && freed[hang.until].includes(stage)) free.resolve();
      else if (hang && stage === 'sweeping') free = Promise.withResolvers();
    },
    async beforeWrite(path) {
      if (hang && parsePath(path)?.kind === hang.kind) await free.promise;
    },
  };
}
