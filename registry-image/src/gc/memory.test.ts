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
import { readStore } from './store-reader.ts';
import type { TrashFile } from './trash-files.ts';
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

test('links of several repositories that lie mixed in the trash are each one’s own', async () => {
  for (const repository of ['app', 'team/app', 'app', 'app', 'team/app'])
    store.layer(repository, `layer ${store.files().length}`);
  const links = store.files(paths.repositoriesRoot);
  // As two directories that are read at once may come: one of one, two of the other, and so on.
  const mixed = [0, 3, 4, 1, 2].map((index) => trashFile(links[index] ?? ''));
  const trash = {
    length: mixed.length,
    at: (index: number) => mixed[index] as TrashFile,
    [Symbol.iterator]: () => mixed.values(),
  };
  const reader = createBoundedReader(store.driver, new AbortController().signal);
  for (const path of links) store.remove(path);
  const { content } = await readStore(reader, trash, createMemory());
  for (const name of ['app', 'team/app']) {
    const own = links.filter((path) => path.includes(`/repositories/${name}/`)).map(digestIn);
    expect([...(content.repositories.get(name)?.layers.keys() ?? [])].sort()).toEqual(own.sort());
  }
});

function trashFile(origin: string): TrashFile {
  const layout = paths.parsePath(origin);
  return { path: paths.trashPath('run-0', origin), run: 'run-0', origin, layout, size: 71, modified: 0 };
}

function digestIn(path: string): string {
  const layout = paths.parsePath(path);
  return layout && 'digest' in layout ? layout.digest : '';
}

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
