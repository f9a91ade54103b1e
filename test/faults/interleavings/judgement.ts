import type { Digest } from '../../../registry-image/src/registry/digest.ts';
import type { StorageDriver } from '../../../registry-image/src/storage/driver.ts';
import {
  blobDataPath,
  layerLinkPath,
  revisionLinkPath,
  tagCurrentLinkPath,
} from '../../../registry-image/src/storage/paths.ts';
import { type ActContext, holdsLeases, push } from './act.ts';
import { codeOf, pull, type PushWay, type Send } from './client.ts';
import { type Image, images, repositories } from './images.ts';
import type { Ledger } from './ledger.ts';

/** Looks, when all is done, whether the registry has what it acknowledged, and can be written to. */
export async function judgeEnd(context: ActContext, store: StorageDriver): Promise<void> {
  const { replicas, problems } = context;
  const [first, second] = replicas.map(
    (replica): Send =>
      (work) =>
        replica.request('judge', work),
  ) as [Send, Send];
  if (replicas.some(({ held }) => held > 0)) problems.push('writes are still held');
  await judgeTags(context, store, [first, second]);
  await judgeRevisions(context, store, first);
  await judgePush(context, [first, second]);
}

/** Every tag names what was acknowledged, and is whole. */
async function judgeTags(
  { scheduler, ledger, problems, random }: ActContext,
  store: StorageDriver,
  [first, second]: readonly [Send, Send],
): Promise<void> {
  const now = { from: scheduler.steps, to: scheduler.steps };
  for (const [repository, tag] of ledger.tagNames) {
    const expected = ledger.tagged(repository, tag, now);
    const send = random.chance(0.5) ? first : second;
    const found = await attempt(() => pull(send, repository, { tag }));
    if (found.succeeded) {
      if (expected !== undefined && expected !== found.value)
        problems.push(`${repository}:${tag} is ${found.value}, but must be ${expected}`);
      continue;
    }
    // A tag that may be gone may be unknown; but one that is there is whole.
    const link = await attempt(() => store.stat(tagCurrentLinkPath(repository, tag)));
    const isGone = codeOf(found.error) === 'MANIFEST_UNKNOWN' && !link.succeeded;
    if (expected !== undefined || !(isGone || mayLackChildren(ledger, repository)))
      problems.push(`pull ${repository}:${tag}: ${String(found.error)}`);
  }
}

/** Every manifest that must be there, or is, is whole. */
async function judgeRevisions(context: ActContext, store: StorageDriver, send: Send): Promise<void> {
  const { ledger, problems, scenario } = context;
  // A commit that a crash has cut off may leave one that is not.
  const mustBeWhole = (repository: string): boolean =>
    scenario.crashes.length === 0 && !mayLackChildren(ledger, repository);
  for (const [repository, digest] of ledger.revisionNames) {
    const link = await attempt(() => store.stat(revisionLinkPath(repository, digest)));
    if (!(link.succeeded && mustBeWhole(repository)) && !isKept(context, repository, digest)) continue;
    const found = await attempt(() => pull(send, repository, { digest: digest as Digest }));
    if (!found.succeeded) problems.push(`pull ${repository}@${digest}: ${String(found.error)}`);
  }
}

/** What is pushed now can be pulled. */
async function judgePush(context: ActContext, [first, second]: readonly [Send, Send]): Promise<void> {
  const { random, problems } = context;
  const repository = random.pick(repositories);
  const image = images[random.below(images.length)] as Image;
  const ask = random.pick<PushWay['ask']>(['blobs', 'manifest', 'nothing']);
  const way = { ask, mountFrom: undefined };
  const again = await attempt(async () => {
    await push(context, first, { repository, image, tag: 'again', way });
    await pull(second, repository, { tag: 'again' });
  });
  if (!again.succeeded) problems.push(`${image.name} pushed again to ${repository}: ${String(again.error)}`);
}

/** Whether a client has taken a manifest from an index, which is not whole since then. */
function mayLackChildren(ledger: Ledger, repository: string): boolean {
  const children = images.flatMap((image) => image.children.map(({ digest }) => digest));
  return ledger.mayBeDeleted(repository, children, { from: 0, to: Infinity });
}

/** Whether a manifest without a tag must still be there after the last run, because it is about what a tag keeps. */
function isKept(context: ActContext, repository: string, digest: string): boolean {
  const { ledger, scheduler } = context;
  const now = { from: scheduler.steps, to: scheduler.steps };
  if (!ledger.isPut(repository, digest, now)) return false;
  const image = images.find((each) => each.digest === digest);
  const subject = image?.subject;
  if (subject === undefined) return false;
  return ledger.tagNames.some(
    ([name, tag]) =>
      name === repository && ledger.tagged(repository, tag, { from: 0, to: now.to }) === subject,
  );
}

/** Whatever a sweep has left visible, killed or not, is whole; while nobody pushes without leases. */
export async function judgeVisible(context: ActContext, store: StorageDriver): Promise<void> {
  if (!holdsLeases(context)) return;
  const has = async (path: string): Promise<boolean> => (await attempt(() => store.stat(path))).succeeded;
  const { ledger, scheduler } = context;
  const digests = images.map((image) => image.digest);
  for (const [repository, digest] of ledger.revisionNames) {
    // A deletion ends leases that a push may rely on, which shows it for a moment, until it is refused.
    if (ledger.mayBeDeleted(repository, digests, { from: 0, to: scheduler.steps })) continue;
    if (!(await has(revisionLinkPath(repository, digest)))) continue;
    const named = images.find((image) => image.digest === digest)?.blobs ?? [];
    const needed = [digest, ...named].map(blobDataPath);
    needed.push(...named.map((blob) => layerLinkPath(repository, blob)));
    for (const path of needed) {
      if (!(await has(path))) context.problems.push(`${repository}@${digest} is visible without ${path}`);
    }
  }
}

type Attempt<T> =
  { readonly succeeded: true; readonly value: T } | { readonly succeeded: false; readonly error: unknown };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { succeeded: true, value: await work() };
  } catch (error) {
    return { succeeded: false, error };
  }
}
