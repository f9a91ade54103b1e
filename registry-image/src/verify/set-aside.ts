import { NotFoundError } from '../storage/errors.ts';
import { setAsidePath } from '../storage/paths.ts';
import type { Outcome } from './damages.ts';
import type { Store } from './store.ts';

/** Keeps what is damaged: at the same path below this run's directory, or with a number behind it. */
export interface SetAside {
  /**
   * Moves a damaged file or directory out of the layout. What a live server put there after it was judged is moved back:
   * undefined then, and when nothing was there any more.
   * @param stillDamaged judges what was moved, at its new path, and what it stands for
   */
  move(path: string, stillDamaged: (moved: string) => Promise<boolean>): Promise<Outcome | undefined>;
  /**
   * Copies a small file that is to be written anew, so that there is no moment without one: whatever got there may be the
   * last copy of something. False when there is none.
   */
  copy(path: string): Promise<boolean>;
  /** Where nothing lies yet. */
  unusedPath(path: string): Promise<string>;
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

  async function copy(path: string): Promise<boolean> {
    const content = await store.content(path);
    if (content && content.length > 0) await store.driver.putContent(await unusedPath(path), content);
    return content !== undefined;
  }

  async function move(
    path: string,
    stillDamaged: (moved: string) => Promise<boolean>,
  ): Promise<Outcome | undefined> {
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
  }

  return { move, copy, unusedPath };
}
