import { mkdir, mkdtemp, readdir, rename, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { blobPath, trashPath } from '../../../registry-image/src/storage/paths.ts';
import { createExchange } from '../durability/exchange.ts';
import { startRegistryProcess } from '../registry-process.ts';
import { pushImage } from './image-client.ts';
import { type Image, imageOf, indexOf } from './images.ts';
import { createPushedTags, type PushedTag } from './pushed-tags.ts';

/** A store with live and dead images, three days old, that every point of the campaign gets a copy of. */
export interface StoreTemplate {
  readonly directory: string;
  readonly tags: readonly PushedTag[];
  /** Images to which no tag leads. */
  readonly dead: readonly Image[];
  /** Alive with its subject, which is. */
  readonly signature: Image;
  /** Its subject is dead until the client pushes it again, which may be before it is swept, or after. */
  readonly deadSignature: Image;
  /** A layer of both. */
  readonly shared: string;
}

const shared = 'base layer';
const age = 3 * 86_400_000;

export async function makeStoreTemplate(main: string): Promise<StoreTemplate> {
  const directory = await mkdtemp(join(tmpdir(), 'wharfinger-template-'));
  const registry = await startRegistryProcess({ root: directory, main });
  const exchange = createExchange(() => registry.port);
  const tags = createPushedTags();
  const client = { exchange, tags, stopped: () => true };
  const app = imageOf('app', [shared, 'app layer']);
  const arm = imageOf('arm', [shared, 'arm layer']);
  const quiet = imageOf('quiet', ['quiet layer']);
  const once = imageOf('once', [shared, 'once layer']);
  const dead = [imageOf('dead', [shared, 'dead layer']), imageOf('late', ['late layer']), indexOf([once])];
  const signature = imageOf('signature', ['signed'], app);
  const deadSignature = imageOf('dead signature', ['signed in vain'], dead[0]);
  try {
    await pushImage(client, { repository: 'live/app', tag: 'multi', image: indexOf([app, arm]) });
    await pushImage(client, { repository: 'live/app', image: signature });
    await pushImage(client, { repository: 'live/quiet', tag: 'v1', image: quiet });
    for (const image of dead) await pushImage(client, { repository: 'live/app', image });
    await pushImage(client, { repository: 'live/app', image: deadSignature });
    await pushImage(client, { repository: 'gone', image: imageOf('gone', ['gone layer']) });
  } finally {
    exchange.close();
    await registry.dispose();
  }
  await sweepInError(directory, quiet);
  await makeOld(directory);
  return { directory, tags: tags.all, dead, signature, deadSignature, shared };
}

/** An earlier run took a layer that is alive: the second mark has something to put back. */
async function sweepInError(root: string, image: Image): Promise<void> {
  const [digest = ''] = [...image.blobs.keys()].slice(-1);
  const target = join(root, trashPath('earlier-1', blobPath(digest)));
  await mkdir(dirname(target), { recursive: true });
  await rename(join(root, blobPath(digest)), target);
}

/** Leases are times of links. */
async function makeOld(directory: string): Promise<void> {
  const time = new Date(Date.now() - age);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await makeOld(path);
    await utimes(path, time, time);
  }
}

export async function removeStore(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
