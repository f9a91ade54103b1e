import { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import { collect, type CollectOptions } from './collect.ts';
import { confirm, type ConfirmCounts, type ConfirmOptions } from './confirm.ts';
import { type StoreFixture, testNow } from './store-fixture.ts';

/** The first mark and the sweep at `testNow`, with deleteUntagged unless told otherwise. */
export function collectOnce(
  store: Pick<StoreFixture, 'driver'>,
  given: Partial<CollectionOptions> = {},
  more: Partial<CollectOptions> = {},
): Promise<CollectionCounts> {
  return collect({ ...runOptions(store, given), trash: 'run-0', ...more });
}

/** The second mark at `testNow`. */
export function confirmOnce(
  store: Pick<StoreFixture, 'driver'>,
  given: Partial<CollectionOptions> = {},
  more: Partial<ConfirmOptions> = {},
): Promise<ConfirmCounts> {
  return confirm({ ...runOptions(store, given), ...more });
}

function runOptions(store: Pick<StoreFixture, 'driver'>, given: Partial<CollectionOptions>): ConfirmOptions {
  return {
    driver: store.driver,
    options: CollectionOptions.parse({ deleteUntagged: true, ...given }),
    now: testNow,
    report: () => {},
    signal: new AbortController().signal,
  };
}
