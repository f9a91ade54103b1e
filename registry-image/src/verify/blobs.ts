import {
  type Algorithm,
  type Digest,
  digestAlgorithm,
  digestOf,
  isAlgorithm,
  parseDigest,
} from '../registry/digest.ts';
import { blobDataPath, blobPath, blobsRoot } from '../storage/paths.ts';
import type { Entry } from '../storage/driver.ts';
import type { Context } from './context.ts';
import type { DamageKind, Outcome } from './damages.ts';
import { nameOf, openDirectory, parentOf } from './directory.ts';
import type { Check, Finding } from './inspector.ts';
import { forEachInLanes } from '../registry/lanes.ts';
import { recoverBlob } from './recovery.ts';

const blobDamages: ReadonlySet<DamageKind> = new Set(['blob-content', 'blob-empty', 'blob-misplaced']);
/** Blobs that are read at the same time. */
const lanes = 4;

/** Reads every blob and compares its content with its digest. One directory of digests is held at a time. */
export async function verifyBlobs(context: Context): Promise<void> {
  const algorithms = await openDirectory(context, blobsRoot, { directory: isAlgorithm });
  for (const algorithm of algorithms.directories) {
    const prefixes = await openDirectory(context, algorithm.path, {
      directory: (name) => /^[0-9a-f]{2}$/.test(name),
    });
    for (const prefix of prefixes.directories) {
      await verifyPrefix(context, prefix.path, nameOf(algorithm) as Algorithm);
    }
  }
  await settleBlobs(context);
}

async function verifyPrefix(context: Context, path: string, algorithm: Algorithm): Promise<void> {
  const toDigest = (name: string): Digest | undefined => parseDigest(`${algorithm}:${name}`);
  const { directories } = await openDirectory(context, path, {
    directory: (name) => toDigest(name) !== undefined,
  });
  await forEachInLanes(directories, lanes, async (directory) => {
    const digest = toDigest(nameOf(directory));
    const { files } = await openDirectory(context, directory.path, { file: (name) => name === 'data' });
    const data = files[0];
    if (!digest || !data) return;
    context.counts.blobs++;
    context.counts.bytes += data.size;
    const misplaced = data.path !== blobDataPath(digest);
    await context.inspector.inspect(
      misplaced ? misplacedCheck(context, digest, data.path) : blobCheck(context, digest),
    );
  });
  await settleBlobs(context);
}

/** Remembers which blobs are damaged, so that what follows from that is not told as another damage. */
async function settleBlobs({ inspector, store }: Context): Promise<void> {
  for (const { damage, outcome } of await inspector.settle()) {
    const isBlob = blobDamages.has(damage.kind);
    const digest = isBlob && outcome.action === 'found' ? parseDigest(damage.digest ?? '') : undefined;
    if (digest) store.damagedBlobs.add(digest);
  }
}

function blobCheck(context: Context, digest: Digest): Check {
  const { store } = context;
  const path = blobDataPath(digest);
  return {
    path,
    async look(): Promise<Finding | undefined> {
      const judged = await store.stat(path);
      if (!judged) return undefined;
      const isEmpty = judged.size === 0 && digest !== digestOf('', digestAlgorithm(digest));
      const content = isEmpty ? undefined : await store.hash(path, digestAlgorithm(digest));
      if (!isEmpty && (content === digest || content === undefined)) return undefined;
      return {
        damage: {
          kind: isEmpty ? 'blob-empty' : 'blob-content',
          path,
          digest,
          detail: isEmpty ? 'it is empty' : `its content is ${content}`,
        },
        repair: () => replaceDamaged(context, digest, judged),
      };
    },
  };
}

async function replaceDamaged(context: Context, digest: Digest, judged: Entry): Promise<Outcome | undefined> {
  const { store } = context;
  const aside = await setDamagedAside(context, digest, judged);
  if (!aside) return undefined;
  const from = await recoverBlob(store, digest);
  if (from !== undefined) return { action: 'recovered', where: from };
  await store.driver.removeIfEmpty(blobPath(digest));
  return aside;
}

/** Blobs are replaced and never changed, so size and time tell whether it is still the file that was read. */
function setDamagedAside(
  { store, setAside }: Context,
  digest: Digest,
  judged: Entry,
): Promise<Outcome | undefined> {
  return setAside.move(blobDataPath(digest), async (moved) => {
    const entry = await store.stat(moved);
    return entry !== undefined && entry.size === judged.size && entry.modified === judged.modified;
  });
}

function misplacedCheck(context: Context, digest: Digest, path: string): Check {
  const { store } = context;
  return {
    path,
    async look() {
      if (!(await store.stat(path))) return undefined;
      const detail = `it belongs to ${blobDataPath(digest)}`;
      return {
        damage: { kind: 'blob-misplaced', path, digest, detail },
        repair: () => putInPlace(context, digest, path),
      };
    },
  };
}

async function putInPlace(context: Context, digest: Digest, path: string): Promise<Outcome | undefined> {
  const { store, setAside } = context;
  const place = blobDataPath(digest);
  const algorithm = digestAlgorithm(digest);
  const isGood = (await store.hash(path, algorithm)) === digest;
  const there = await store.stat(place);
  const isDamagedThere =
    there !== undefined && !there.isDirectory && (await store.hash(place, algorithm)) !== digest;
  let outcome: Outcome | undefined;
  if (!isGood || (there && !isDamagedThere)) {
    outcome = await setAside.move(path, async () => true);
  } else {
    if (there && !(await setDamagedAside(context, digest, there))) return undefined;
    await store.driver.move(path, place);
    outcome = { action: 'repaired', where: place };
  }
  await store.driver.removeIfEmpty(parentOf(path));
  return outcome;
}
