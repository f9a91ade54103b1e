import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { createBoundedReader } from './bounded-reader.ts';
import { zeroCounts } from './counts.ts';
import type { Doomed } from './doomed-list.ts';
import { markStore } from './mark.ts';
import { createMemory } from './memory.ts';
import { pullAll } from './pull-fixture.ts';
import { confirmOnce } from './run-fixture.ts';
import { createStoreFixture, hour, type StoreFixture, testNow } from './store-fixture.ts';
import type { ReadStore } from './store-reader.ts';
import { sweepDoomed } from './sweep.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

const { signal } = new AbortController();

/** @param isSwept what of what is doomed the sweep comes to */
async function markAndSweep(
  given: Partial<CollectionOptions> = {},
  memory = createMemory(),
  isSwept: (doomed: Doomed) => boolean = () => true,
): Promise<ReadStore> {
  const options = CollectionOptions.parse({ deleteUntagged: true, ...given });
  const mark = await markStore(createBoundedReader(store.driver, signal), options, testNow, memory);
  await sweepDoomed(
    { driver: store.driver, trash: 'run-0', report: () => {}, signal },
    mark.doomed.filter(isSwept),
    zeroCounts(),
  );
  return mark;
}

function has(path: string): boolean {
  return existsSync(join(store.root, path));
}

describe('a second mark that knows what the first has seen', () => {
  test('looks at no link and no manifest that it knows', async () => {
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    store.image('app', 'dead', ['dead layer']);
    const known = await markAndSweep();
    const asked: string[] = [];
    const observed: StorageDriver = {
      ...store.driver,
      survey(looked) {
        asked.push(...looked);
        return Promise.resolve([]);
      },
      stat: (path) => (asked.push(path), store.driver.stat(path)),
    };
    await confirmOnce({ driver: observed }, {}, { known });
    const inStore = asked.filter((path) => path.startsWith('/docker/'));
    expect(new Set(inStore)).toEqual(new Set([paths.tagCurrentLinkPath('app', 'v1')]));
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('puts back what a tag names by now', async () => {
    const image = store.image('app', 'config', ['layer', 'lower']);
    const known = await markAndSweep();
    store.tag('app', 'v1', image.digest);
    expect(await confirmOnce(store, {}, { known })).toMatchObject({ restored: 4 });
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('puts back what a manifest names that came since', async () => {
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    const layer = store.layer('app', 'swept');
    const known = await markAndSweep();
    const config = store.layer('app', 'new');
    store.manifest('app', { config, layers: [layer] }, { tag: 'v2' });
    expect(await confirmOnce(store, {}, { known })).toMatchObject({ restored: 1 });
    expect(pullAll(store, ['app'])).toEqual([]);
  });

  test('sees that the lease of a link was renewed whose blob was swept', async () => {
    const { digest } = store.layer('app', 'layer');
    store.image('app', 'config', [], { tag: 'v1' });
    const known = await markAndSweep({ minAge: hour }, createMemory(), ({ kind }) => kind === 'blob');
    // By a replica that keeps to no window.
    store.write(paths.layerLinkPath('app', digest), digest, testNow);
    await confirmOnce(store, { minAge: hour }, { known });
    expect(has(paths.blobDataPath(digest))).toBe(true);
  });

  test('takes no revision for one that is there whose link was swept from beside something foreign', async () => {
    const dead = store.image('app', 'dead', ['dead layer']);
    store.image('app', 'config', ['layer'], { tag: 'v1' });
    store.write(`${paths.revisionPath('app', dead.digest)}/foreign`, '');
    const known = await markAndSweep();
    await confirmOnce(store, {}, { known });
    expect(has(paths.blobDataPath(dead.digest))).toBe(false);
    expect(has(paths.trashRoot)).toBe(false);
  });

  test('removes the empty directories that the first has seen', async () => {
    const { digest } = store.image('app', 'config', ['layer'], { tag: 'v1' });
    const entry = paths.tagIndexLinkPath('app', 'v1', `sha256:${'0'.repeat(64)}`);
    store.write(entry, '');
    store.remove(entry);
    const known = await markAndSweep();
    await confirmOnce(store, {}, { known });
    expect(has(dirname(entry))).toBe(false);
    expect(has(paths.tagIndexLinkPath('app', 'v1', digest))).toBe(true);
  });
});

test('a store that is packed, from the first entry on or later, is collected like any', async () => {
  const outcomes: unknown[] = [];
  for (const few of [0, 3, 1000]) {
    fill();
    const known = await markAndSweep({}, createMemory(few));
    const swept = store.files(paths.trashRoot);
    const counts = await confirmOnce(store, {}, { known });
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
