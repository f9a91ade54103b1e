import type { Digest } from '../registry/digest.ts';
import { blobDataPath, layerLinkPath, revisionLinkPath, revisionsPath } from '../storage/paths.ts';
import type { Context } from './context.ts';
import { linkedBlob } from './layers.ts';
import type { Check, Finding } from './inspector.ts';
import { writeLink } from './links.ts';
import type { ManifestReference } from './manifest-references.ts';
import { recoverBlob } from './recovery.ts';
import { linkedDigests, missingRevision } from './revisions.ts';

/**
 * Checks what each manifest of a repository refers to; a child that is linked again is looked at too. Gives the digests
 * that are missing.
 */
export async function verifyReferences(context: Context, repository: string): Promise<ReadonlySet<Digest>> {
  const { inspector, store } = context;
  const missing = new Set<Digest>();
  const pending = await linkedDigests(context, revisionsPath(repository), ['signatures']);
  const seen = new Set(pending);
  for (let digest = pending.pop(); digest; digest = pending.pop()) {
    // What cannot be read was told with its revision.
    const manifest = await store.manifest(digest).catch(() => undefined);
    if (manifest?.kind !== 'manifest') continue;
    context.counts.manifests++;
    for (const reference of manifest.references) {
      await inspector.inspect(
        reference.kind === 'blob'
          ? blobReferenceCheck(context, { repository, manifest: digest, reference })
          : childCheck(context, { repository, manifest: digest, reference }),
      );
    }
    for (const { damage, outcome } of await inspector.settle()) {
      const about = damage.digest as Digest | undefined;
      if (!about) continue;
      if (damage.kind === 'reference-missing' && outcome.action !== 'recovered') missing.add(about);
      const isChild = manifest.references.some((one) => one.kind === 'manifest' && one.digest === about);
      if (isChild && outcome.action !== 'found' && !seen.has(about)) {
        seen.add(about);
        pending.push(about);
      }
    }
  }
  return missing;
}

interface Referred {
  readonly repository: string;
  readonly manifest: Digest;
  readonly reference: ManifestReference;
}

function blobReferenceCheck(context: Context, { repository, manifest, reference }: Referred): Check {
  const { store } = context;
  const { digest, size } = reference;
  const path = layerLinkPath(repository, digest);
  const isThere = async (): Promise<boolean> =>
    (await store.blobSize(digest)) !== undefined && isLinkedManifest(context, repository, manifest);

  return {
    path,
    async look(): Promise<Finding | undefined> {
      if (store.damagedBlobs.has(digest) || !(await isLinkedManifest(context, repository, manifest)))
        return undefined;
      const isLinked = (await store.stat(path)) !== undefined;
      const found = isLinked ? await linkedBlob(context, repository, digest) : await store.blobSize(digest);
      if (found === undefined) {
        return missingFinding(context, { repository, manifest, reference }, async () => {
          if (!isLinked) await store.driver.putContent(path, digest);
        });
      }
      if (!isLinked) {
        return {
          damage: {
            kind: 'layer-link-missing',
            path,
            repository,
            digest,
            detail: `${manifest} refers to it`,
          },
          repair: () => writeLink(context, path, digest, isThere),
        };
      }
      if (size === undefined || size === found) return undefined;
      return {
        damage: {
          kind: 'reference-size',
          path: revisionLinkPath(repository, manifest),
          repository,
          digest: manifest,
          detail: `it gives ${digest} ${size} bytes, but that has ${found}`,
        },
      };
    },
  };
}

/** A child of an index is a revision; build caches list layers so. */
function childCheck(context: Context, referred: Referred): Check {
  const { store, sparse } = context;
  const { repository, manifest, reference } = referred;
  const { digest } = reference;
  const path = revisionLinkPath(repository, digest);
  return {
    path,
    async look(): Promise<Finding | undefined> {
      if (sparse || store.damagedBlobs.has(digest)) return undefined;
      if (!(await isLinkedManifest(context, repository, manifest))) return undefined;
      if (await store.stat(layerLinkPath(repository, digest))) return undefined;
      const revision = await missingRevision(context, repository, digest);
      if (revision === 'linked') return undefined;
      if (revision !== 'absent') return revision;
      return missingFinding(context, referred, () => store.driver.putContent(path, digest));
    },
  };
}

/** Whoever deletes a manifest may then delete what it refers to: that is no damage. */
async function isLinkedManifest({ store }: Context, repository: string, manifest: Digest): Promise<boolean> {
  return (await store.stat(revisionLinkPath(repository, manifest))) !== undefined;
}

function missingFinding(
  { store }: Context,
  { repository, manifest, reference }: Referred,
  link: () => Promise<void>,
): Finding {
  const { digest } = reference;
  return {
    damage: {
      kind: 'reference-missing',
      path: blobDataPath(digest),
      repository,
      digest,
      detail: `${manifest} refers to it`,
    },
    async repair() {
      const from = await recoverBlob(store, digest);
      if (from === undefined) return { action: 'left' };
      await link();
      return { action: 'recovered', where: from };
    },
  };
}
