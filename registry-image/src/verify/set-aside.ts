import { NotFoundError } from '../storage/errors.ts';
import { setAsidePath } from '../storage/paths.ts';
import type { Outcome } from './damages.ts';
import type { Store } from './store.ts';

export interface SetAside {
  /**
   * Moves a damaged file or directory out of the layout, to the same path below this run's directory. What a live server
   * put there after it was judged is moved back: undefined then, and when nothing was there any more.
   * @param stillDamaged judges what was moved, at its new path, and what it stands for
   */
  (path: string, stillDamaged: (moved: string) => Promise<boolean>): Promise<Outcome | undefined>;
}

/** @param run the name of the run's directory */
export function createSetAside(store: Store, run: string): SetAside {
  async function unusedPath(path: string): Promise<string> {
    const first = setAsidePath(run, path);
    for (let suffix = 1; ; suffix++) {
      const candidate = suffix === 1 ? first : `${first}.${suffix}`;
      if (!(await store.stat(candidate))) return candidate;
    }
  }

  return async (path, stillDamaged) => {
    const target = await unusedPath(path);
    try {
      await store.driver.move(path, target);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
    let judged: { damaged: boolean } | { error: unknown };
    try {
      judged = { damaged: await stillDamaged(target) };
    } catch (error) {
      judged = { error };
    }
    if ('damaged' in judged && judged.damaged) return { action: 'set-aside', where: target };
    // Somebody replaced it between the look and the move, or nobody can tell. What is there by now is as new.
    if (!(await store.stat(path))) await store.driver.move(target, path);
    if ('error' in judged) throw judged.error;
    return undefined;
  };
}
