import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import type { Progress } from './counts.ts';
import { pullAll } from './pull-fixture.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

/** A whole run, both marks. */
async function collectAll(given: Partial<CollectionOptions> = {}): Promise<CollectionCounts> {
  const counts = await collectOnce(store, given);
  return { ...counts, ...(await confirmOnce(store, given)) };
}

describe('a run', () => {
  test('a dry run changes nothing and counts the same', async () => {
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    store.image('gone', 'dead', ['layer', 'dead layer']);
    const before = store.files();
    const { bytesFreed: _, ...dry } = await collectOnce(store, { dryRun: true });
    expect(store.files()).toEqual(before);
    expect(await collectAll()).toMatchObject(dry);
  });

  test('touched is reported before the first move and never when nothing moves', async () => {
    const seen: [Progress['phase'], boolean, number][] = [];
    const run = (): Promise<unknown> =>
      collectOnce(
        store,
        {},
        {
          report: ({ phase, touched }) => void seen.push([phase, touched, store.files().length]),
        },
      );
    await run();
    expect(seen.some(([, touched]) => touched)).toBe(false);
    seen.length = 0;
    store.layer('app', 'orphan');
    await run();
    // The orphan, and the note of a sweep that has not ended.
    expect(seen.find(([, touched]) => touched)).toEqual(['Sweeping', true, 3]);
    expect(seen.at(-1)?.slice(0, 2)).toEqual(['Swept', true]);
    expect(store.files()).toEqual(store.files('/.wharfinger/trash/run-0'));
  });

  test('the trash must have a plain name, and one that is used gets a suffix', async () => {
    const run = (trash: string): Promise<unknown> => collectOnce(store, {}, { trash });
    await expect(run('../up')).rejects.toThrow('cannot name');
    store.layer('app', 'orphan');
    await run('run-0');
    store.layer('app', 'orphan');
    await run('run-0');
    expect(store.files('/.wharfinger/trash/run-0.2')).toHaveLength(2);
  });

  test('what was swept can be pushed again', async () => {
    store.image('app', 'config', ['layer']);
    await collectAll();
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    expect(pullAll(store, ['app'])).toEqual([]);
    await collectAll();
    expect(pullAll(store, ['app'])).toEqual([]);
  });
});
