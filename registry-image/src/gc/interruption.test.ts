import { afterEach, expect, test } from 'vitest';
import { treatInBulk } from '../storage/bulk-operations.ts';
import type { Move, StorageDriver } from '../storage/driver.ts';
import { concurrency } from './bounded-reader.ts';
import { pullAll } from './pull-fixture.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

const stores: StoreFixture[] = [];
afterEach(() => stores.splice(0).forEach((store) => store.dispose()));

const repositories = ['app', 'base', 'team/tools'];

/** Live and dead images that share layers, an index, a referrer, links to blobs of others; 3 tags, the rest dead. */
function createStore(): StoreFixture {
  const store = createStoreFixture();
  stores.push(store);
  const amd = store.image('app', 'amd', ['base layer', 'amd layer']);
  const arm = store.image('app', 'arm', ['base layer', 'arm layer']);
  store.index('app', [amd, arm], { tag: 'multi' });
  store.image('app', 'signature', ['signed'], { subject: amd });
  store.image('base', 'base', ['base layer'], { tag: 'v1' });
  const deadAmd = store.image('app', 'dead amd', ['base layer', 'dead layer']);
  const dead = store.index('app', [deadAmd]);
  store.image('app', 'dead signature', ['dead signed'], { subject: dead });
  store.image('team/tools', 'old', ['base layer', 'old layer'], { tag: 'latest' });
  store.image('team/tools', 'new', ['base layer', 'new layer'], { tag: 'latest' });
  store.image('gone', 'gone', ['dead layer']);
  store.layer('base', 'amd layer');
  return store;
}

/** What both marks leave of that store when nothing stops them. */
async function settled(): Promise<string[]> {
  const store = createStore();
  await collectOnce(store);
  await confirmOnce(store);
  return store.files();
}

/** A driver that stops the run for good in place of its change number `limit`. */
function dyingDriver(driver: StorageDriver, limit: number): { driver: StorageDriver; changes: () => number } {
  let changes = 0;
  const died = (): boolean => ++changes > limit;
  const dead = (): Promise<never> => Promise.reject(new Error('died'));
  return {
    changes: () => changes,
    driver: {
      ...driver,
      move: (from, to) => (died() ? dead() : driver.move(from, to)),
      moveMany: (moves, options) =>
        treatInBulk(moves, ({ from, to }) => (died() ? dead() : moved(driver, from, to)), options),
      removeMany: async (paths, options) =>
        void (await treatInBulk(paths, (path) => (died() ? dead() : removed(driver, path)), options)),
      delete: (path) => (died() ? dead() : driver.delete(path)),
      touch: (path, modified) => (died() ? dead() : driver.touch(path, modified)),
      removeIfEmpty: (path) => (changes > limit ? dead() : driver.removeIfEmpty(path)),
    },
  };
}

async function moved(driver: StorageDriver, from: string, to: string): Promise<boolean> {
  return (await driver.moveMany([{ from, to }])).skipped.length === 0;
}

async function removed(driver: StorageDriver, path: string): Promise<boolean> {
  await driver.removeMany([path]);
  return true;
}

test('killed before any change of the sweep: every tag still pulls, and the next second mark ends it', async () => {
  const expected = await settled();
  for (let limit = 0, more = true; more; limit++) {
    const store = createStore();
    const { driver, changes } = dyingDriver(store.driver, limit);
    await collectOnce({ driver }).catch(() => {});
    more = changes() > limit;
    expect(pullAll(store, repositories)).toEqual([]);
    await confirmOnce(store);
    expect(pullAll(store, repositories)).toEqual([]);
    if (limit % 5 === 0 || !more) {
      await collectOnce(store);
      await confirmOnce(store);
      expect(store.files()).toEqual(expected);
    }
    store.dispose();
  }
});

test('killed before any change of the second mark: every tag still pulls, and the next one ends it', async () => {
  const expected = await settled();
  for (let limit = 0, more = true; more; limit++) {
    const store = createStore();
    await collectOnce(store);
    const { driver, changes } = dyingDriver(store.driver, limit);
    await confirmOnce({ driver }).catch(() => {});
    more = changes() > limit;
    expect(pullAll(store, repositories)).toEqual([]);
    await confirmOnce(store);
    expect(store.files()).toEqual(expected);
    store.dispose();
  }
});

test('killed while it puts back: what is alive again is whole in the end', async () => {
  for (let limit = 0, more = true; more; limit++) {
    const store = createStoreFixture();
    stores.push(store);
    const index = store.index('app', [store.image('app', 'config', ['layer', 'other'])]);
    await collectOnce(store);
    store.tag('app', 'v1', index.digest);
    const { driver, changes } = dyingDriver(store.driver, limit);
    await confirmOnce({ driver }).catch(() => {});
    more = changes() > limit;
    await confirmOnce(store);
    expect(pullAll(store, ['app'])).toEqual([]);
    store.dispose();
  }
});

test('the signal ends a sweep between two renames: none is under way when it has thrown', async () => {
  for (let limit = 1; limit < 12; limit++) {
    const store = createStore();
    const abort = new AbortController();
    let moves = 0;
    const moveMany: StorageDriver['moveMany'] = (list, options) => {
      const one = ({ from, to }: Move): Promise<boolean> => {
        if (++moves === limit) abort.abort(new Error('deadline'));
        return moved(store.driver, from, to);
      };
      return treatInBulk(list, one, options);
    };
    await expect(
      collectOnce({ driver: { ...store.driver, moveMany } }, {}, { signal: abort.signal }),
    ).rejects.toThrow('deadline');
    expect(moves).toBeLessThan(limit + concurrency);
    const after = store.files();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(store.files()).toEqual(after);
    expect(pullAll(store, repositories)).toEqual([]);
    store.dispose();
  }
});

test('a push before any removal of the second mark: what was pushed is whole', async () => {
  for (let at = 1, more = true; more; at++) {
    const store = createStore();
    await collectOnce(store);
    let changes = 0;
    const push = (): void => {
      if (++changes === at) store.image('gone', 'gone', ['dead layer'], { tag: 'back', age: 0 });
    };
    const one = (path: string): Promise<boolean> => (push(), removed(store.driver, path));
    const driver: StorageDriver = {
      ...store.driver,
      removeMany: async (paths, options) => void (await treatInBulk(paths, one, options)),
    };
    await confirmOnce({ driver });
    more = changes >= at;
    expect(pullAll(store, [...repositories, 'gone'])).toEqual([]);
    store.dispose();
  }
});
