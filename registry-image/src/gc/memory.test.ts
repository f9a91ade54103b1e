import { afterEach, beforeEach, expect, test } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import * as paths from '../storage/paths.ts';
import { createBoundedReader } from './bounded-reader.ts';
import { zeroCounts } from './counts.ts';
import { markStore } from './mark.ts';
import { createMemory, type Memory } from './memory.ts';
import { pullAll } from './pull-fixture.ts';
import { confirmOnce } from './run-fixture.ts';
import { moveToTrash } from './disposal.ts';
import { createStoreFixture, type StoreFixture, testNow } from './store-fixture.ts';
import { sweepDoomed } from './sweep.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

async function markAndSweep(memory: Memory): Promise<void> {
  const { signal } = new AbortController();
  const options = CollectionOptions.parse({ deleteUntagged: true });
  const { doomed } = await markStore(createBoundedReader(store.driver, signal), options, testNow, memory);
  const run = { dispose: moveToTrash(store.driver, 'run-0'), report: () => {}, signal };
  await sweepDoomed(run, doomed, zeroCounts());
}

test('a store that is packed, from the first entry on or later, is collected like any', async () => {
  const outcomes: unknown[] = [];
  for (const few of [0, 3, 1000]) {
    fill();
    await markAndSweep(createMemory(few));
    const swept = store.files(paths.trashRoot);
    const counts = await confirmOnce(store, {}, { memory: createMemory(few) });
    expect(pullAll(store, ['app', 'team/app'])).toEqual([]);
    outcomes.push({ swept, counts, left: store.files() });
    store.dispose();
    store = createStoreFixture();
  }
  expect(outcomes[0]).toEqual(outcomes[2]);
  expect(outcomes[1]).toEqual(outcomes[2]);
  expect(outcomes[2]).toMatchObject({ swept: expect.arrayContaining([expect.any(String)]) });
});

function fill(): void {
  const shared = store.image('app', 'config', ['layer', 'lower'], { tag: 'v1' });
  store.index('app', [shared, store.image('app', 'other', ['layer'])], { tag: 'all' });
  store.image('app', 'signature', ['signed'], { subject: shared });
  store.image('team/app', 'dead', ['dead layer', 'layer']);
  store.image('team/app', 'config', ['layer'], { tag: 'v1' });
  store.image('team/app', 'moved', ['moved'], { tag: 'v2' });
  store.image('team/app', 'newer', ['newer'], { tag: 'v2' });
  store.blob('orphan');
}
