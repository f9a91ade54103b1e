import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as paths from '../storage/paths.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, digestOf, type StoreFixture } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

test('a collection that marks in its window leaves what a killed commit is about, so that its second mark finds nothing to put back', async () => {
  store.image('app', 'config', ['begun', 'ended']);
  const [begun, ended] = [digestOf('begun'), digestOf('ended')];
  const records = [`+ 1 blob app ${ended}`, '- 1', `+ 2 blob app ${begun}`, ''];
  await store.driver.append(paths.journalPath('killed.1'), records.join('\n'));
  await collectOnce(store, {});
  const has = (digest: string): boolean => existsSync(join(store.root, paths.blobDataPath(digest)));
  expect([has(begun), has(ended)]).toEqual([true, false]);
  expect(await confirmOnce(store, {})).toMatchObject({ restored: 0 });
});
