import type { StorageDriver } from '../../../registry-image/src/storage/driver.ts';
import * as paths from '../../../registry-image/src/storage/paths.ts';
import { blobs, type Image, withChildren } from './images.ts';
import type { Ledger } from './ledger.ts';

/** What happened to an image before the schedule begins. */
export interface PastImage {
  readonly repository: string;
  readonly image: Image;
  /** `deleted`: its revision is gone, what it referred to still there. */
  readonly fate: 'untagged' | 'deleted' | { readonly tag: string };
  /** Milliseconds by which its links are older than the schedule. */
  readonly age: number;
}

/** Puts what was pushed before into an empty store. */
export async function storePast(
  driver: StorageDriver,
  past: readonly PastImage[],
  { ledger, beginning }: { ledger: Ledger; beginning: number },
): Promise<void> {
  const acknowledge = (entry: ReturnType<Ledger['tag']>): void => {
    entry.isAcknowledged = true;
    entry.end = -1;
  };
  // Those that are deleted first: another may have the same revision.
  for (const { repository, image, fate, age } of [...past].sort(deletedFirst)) {
    const write = async (path: string, content: string): Promise<void> => {
      await driver.putContent(path, content);
      await driver.touch(path, beginning - age);
    };
    for (const { digest, content, blobs: named } of withChildren(image)) {
      await driver.putContent(paths.blobDataPath(digest), content);
      for (const blob of named) {
        await driver.putContent(paths.blobDataPath(blob), blobs.get(blob) ?? '');
        await write(paths.layerLinkPath(repository, blob), blob);
      }
      if (fate === 'deleted') continue;
      await write(paths.revisionLinkPath(repository, digest), digest);
      await driver.touch(paths.revisionPath(repository, digest), beginning - age);
      acknowledge(ledger.revision(repository, digest, 'put', -1));
    }
    if (typeof fate === 'string') continue;
    await write(paths.tagIndexLinkPath(repository, fate.tag, image.digest), image.digest);
    await write(paths.tagCurrentLinkPath(repository, fate.tag), image.digest);
    acknowledge(ledger.tag(repository, fate.tag, image.digest, -1));
  }
}

function deletedFirst(one: PastImage, other: PastImage): number {
  return Number(other.fate === 'deleted') - Number(one.fate === 'deleted');
}
