import { type Digest, digestAlgorithm } from '../registry/digest.ts';
import { blobDataPath, layerLinkPath, layerPath, layersPath } from '../storage/paths.ts';
import type { Context } from './context.ts';
import type { Outcome } from './damages.ts';
import type { Check, Finding } from './inspector.ts';
import { setLinkAside, writeLink } from './links.ts';
import { recoverBlob } from './recovery.ts';
import { linkedDigests } from './revisions.ts';
import { describeLink } from './store.ts';

/**
 * Checks every layer link of a repository.
 * @param missing digests that a manifest needs and that are told already
 */
export async function verifyLayers(
  context: Context,
  repository: string,
  missing: ReadonlySet<Digest>,
): Promise<void> {
  for (const digest of await linkedDigests(context, layersPath(repository))) {
    context.counts.layers++;
    if (!missing.has(digest)) await context.inspector.inspect(layerCheck(context, repository, digest));
  }
  await context.inspector.settle();
}

/** Bytes of the blob that a layer link leads to; undefined when there is none. */
export async function linkedBlob(
  context: Context,
  repository: string,
  digest: Digest,
): Promise<number | undefined> {
  const { store } = context;
  const own = await store.blobSize(digest);
  if (own !== undefined) return own;
  const alias = await aliasOf(context, layerLinkPath(repository, digest), digest);
  return alias && store.blobSize(alias);
}

/**
 * distribution links a blob that was pushed by another algorithm to the one that it keeps: the digest that the link
 * names, when it is of another algorithm and its content has this digest too.
 */
async function aliasOf({ store }: Context, path: string, digest: Digest): Promise<Digest | undefined> {
  const link = await store.link(path);
  if (link.kind !== 'digest' || digestAlgorithm(link.digest) === digestAlgorithm(digest)) return undefined;
  const content = await store.hash(blobDataPath(link.digest), digestAlgorithm(digest));
  return content === digest ? link.digest : undefined;
}

function layerCheck(context: Context, repository: string, digest: Digest): Check {
  const { store } = context;
  const path = layerLinkPath(repository, digest);
  const isThere = async (): Promise<boolean> => (await store.blobSize(digest)) !== undefined;

  async function recover(): Promise<Outcome | undefined> {
    const from = await recoverBlob(store, digest);
    if (from === undefined) return setLinkAside(context, layerPath(repository, digest), isThere);
    await writeLink(context, path, digest, isThere);
    return { action: 'recovered', where: from };
  }

  return {
    path,
    async look(): Promise<Finding | undefined> {
      const link = await store.link(path);
      if (link.kind === 'absent') return undefined;
      const isNamed = link.kind === 'digest' && link.digest === digest;
      const isBlob = await isThere();
      if (isNamed && isBlob) return undefined;
      if (!isNamed && (await aliasOf(context, path, digest))) return undefined;
      const place = { path, repository, digest };
      if (isBlob) {
        return {
          damage: { ...place, kind: 'layer-link-content', detail: describeLink(link) },
          repair: () => writeLink(context, path, digest, isThere),
        };
      }
      if (store.damagedBlobs.has(digest)) return undefined;
      return {
        damage: { ...place, kind: 'layer-link-dangling', detail: `${blobDataPath(digest)} is absent` },
        repair: recover,
      };
    },
  };
}
