import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../config/index.ts';
import type { Digest } from '../registry/digest.ts';
import { createCommitGate } from '../registry/gate.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { createJournal } from '../registry/journal.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, digestOf, type StoreFixture } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const layer = 'layer';
const descriptor = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: digestOf(layer),
  size: layer.length,
};
const content = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: descriptor, layers: [descriptor] }),
);
const digest = digestOf(content) as Digest;

async function openRegistry(driver: StorageDriver): Promise<Registry> {
  const { config } = parseConfig('version: 0.1\nstorage: {inmemory: {}}\nwharfinger: {gc: {minage: 0s}}', {});
  const gate = createCommitGate({
    holdTimeoutMs: 300,
    limit: 10,
    journal: createJournal({ driver, process: 'worker' }),
  });
  return createRegistry({ driver, gate, config });
}

async function pushLayer({ uploads }: Registry): Promise<void> {
  const upload = await uploads.start('app');
  const whole = await uploads.append(upload, Readable.from([Buffer.from(layer)]));
  await uploads.commit(whole, descriptor.digest as Digest);
}

test('a manifest that is refused because a collection without leases took what it refers to is shown to nobody, not even for a moment', async () => {
  const seen: string[] = [];
  let isSwept = false;
  const driver: StorageDriver = {
    ...store.driver,
    // The first thing that a commit writes: by then what the manifest refers to was looked for.
    async append(path, text) {
      if (!isSwept && text.includes(' manifest ')) {
        isSwept = true;
        await collectOnce(store, { minAge: 0 });
        await confirmOnce(store, { minAge: 0 });
      }
      await store.driver.append(path, text);
    },
    async putContent(path, written) {
      await store.driver.putContent(path, written);
      if (path !== paths.revisionLinkPath('app', digest)) return;
      const head = other.manifests.get('app', { digest }, { renewLease: true });
      await head.then(
        () => seen.push('a HEAD promised it'),
        () => {},
      );
    },
  };
  const registry = await openRegistry(driver);
  const other = await openRegistry(store.driver);
  await pushLayer(registry);
  const put = { repository: 'app', reference: { digest }, content };
  await expect(registry.manifests.put(put)).rejects.toThrow('MANIFEST_BLOB_UNKNOWN');
  expect([isSwept, seen]).toEqual([true, []]);
  await pushLayer(registry);
  await registry.manifests.put(put);
  expect(seen).toEqual(['a HEAD promised it']);
});
