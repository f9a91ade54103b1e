import { dirname } from 'node:path/posix';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { removeAtOnce } from './disposal.ts';
import type { Doomed } from './doomed-list.ts';
import { createStoreFixture, digestOf, type StoreFixture } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

function blobs(count: number): Doomed[] {
  return Array.from({ length: count }, (_, index) => {
    const { digest } = store.blob(`blob ${index}`);
    return { kind: 'blob', digest, path: paths.blobDataPath(digest), bytes: 1 };
  });
}

function tags(count: number): Doomed[] {
  return Array.from({ length: count }, (_, index) => {
    const [tag, digest] = [`v${index}`, digestOf('manifest')];
    store.tag('app', tag, digest);
    return { kind: 'tag', digest, repository: 'app', tag, path: paths.tagPath('app', tag), bytes: 0 };
  });
}

const { signal } = new AbortController();

test.each([
  ['files', blobs],
  ['directories', tags],
])(
  'when there is no more time it ends after a part, which goes however short the time is: %s',
  async (_, make) => {
    const dead = make(600);
    const dispose = removeAtOnce(store.driver, 'run-1');
    expect(await dispose(dead, { signal, until: () => true })).toEqual({ done: 500, skipped: [] });
    const gone = dead.map(
      ({ path }) => store.files('/docker').filter((file) => file.startsWith(path)).length,
    );
    expect(gone.indexOf(0)).toBe(0);
    expect(gone.lastIndexOf(0)).toBe(499);
    expect(await dispose(dead.slice(500), { signal, until: () => false })).toEqual({
      done: 100,
      skipped: [],
    });
    expect(store.files()).toEqual([]);
    const above = new Set(dead.map(({ path }) => dirname(path.replace(/\/data$/, ''))));
    for (const directory of above) expect(await store.driver.children(directory)).toEqual([]);
  },
);

test('a part that has not gone as a whole is not done, and goes another time', async () => {
  const dead = blobs(600);
  let calls = 0;
  const driver: StorageDriver = {
    ...store.driver,
    removeMany: (all, options) => (++calls > 1 ? Promise.resolve() : store.driver.removeMany(all, options)),
  };
  const { done } = await removeAtOnce(driver, 'run-1')(dead, { signal, until: () => calls > 1 });
  expect(done).toBe(500);
  await removeAtOnce(store.driver, 'run-1')(dead.slice(done), { signal, until: () => false });
  expect(store.files()).toEqual([]);
});

test('nothing more goes when it is told to end', async () => {
  const dead = blobs(600);
  await removeAtOnce(store.driver, 'run-1')(dead, { signal: AbortSignal.abort(), until: () => false });
  expect(store.files()).toHaveLength(600);
});
