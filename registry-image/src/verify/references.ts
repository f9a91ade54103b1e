import type { Digest } from '../registry/digest.ts';
import { emptyLayerDigest } from '../registry/schema1/empty-layer.ts';
import { blobDataPath, layerLinkPath, revisionLinkPath, revisionsPath } from '../storage/paths.ts';
import type { Context } from './context.ts';
import { linkedBlob } from './layers.ts';
import type { Check, Finding } from './inspector.ts';
import type { ManifestReference } from './manifest-references.ts';
import { recoverBlob } from './recovery.ts';
import { linkedDigests } from './revisions.ts';

/** Checks what each manifest of a repository refers to. Gives the digests that are missing. */
export async function verifyReferences(context: Context, repository: string): Promise<ReadonlySet<Digest>> {
  const { inspector, store, sparse } = context;
  for (const digest of await linkedDigests(context, revisionsPath(repository), ['signatures'])) {
    // What cannot be read was told with its revision.
    const manifest = await store.manifest(digest).catch(() => undefined);
    if (manifest?.kind !== 'manifest') continue;
    context.counts.manifests++;
    for (const reference of manifest.references) {
      if (sparse && reference.kind === 'manifest') continue;
      // The registry answers for it where nothing of it is stored.
      if (reference.digest === emptyLayerDigest) continue;
      await inspector.inspect(referenceCheck(context, { repository, manifest: digest, reference }));
    }
  }
  const missing = new Set<Digest>();
  for (const { damage, outcome } of await inspector.settle()) {
    if (damage.kind !== 'reference-missing' || outcome.action === 'recovered') continue;
    missing.add(damage.digest as Digest);
  }
  return missing;
}

interface Referred {
  readonly repository: string;
  readonly manifest: Digest;
  readonly reference: ManifestReference;
}

/** A child of an index is a revision, but build caches list layers so. */
function referenceCheck(context: Context, { repository, manifest, reference }: Referred): Check {
  const { store } = context;
  const { digest, kind } = reference;
  const layerLink = layerLinkPath(repository, digest);
  const revisionLink = revisionLinkPath(repository, digest);
  const path = kind === 'blob' ? layerLink : revisionLink;

  return {
    path,
    async look(): Promise<Finding | undefined> {
      if (store.damagedBlobs.has(digest)) return undefined;
      // Whoever deletes a manifest may then delete what it refers to: that is no damage.
      if (!(await store.stat(revisionLinkPath(repository, manifest)))) return undefined;
      // What it leads to is told with the revision.
      if (kind === 'manifest' && (await store.stat(revisionLink))) return undefined;
      const isLinked = (await store.stat(layerLink)) !== undefined;
      const size = isLinked ? await linkedBlob(context, repository, digest) : await store.blobSize(digest);
      const about = { repository, digest, detail: `${manifest} refers to it` };
      if (size !== undefined) {
        if (isLinked) return undefined;
        return {
          damage: { ...about, kind: kind === 'blob' ? 'layer-link-missing' : 'revision-link-missing', path },
        };
      }
      return {
        damage: { ...about, kind: 'reference-missing', path: blobDataPath(digest) },
        // Without a link a client may have deleted it.
        repair: isLinked ? () => recover(context, digest) : undefined,
      };
    },
  };
}

async function recover({ store }: Context, digest: Digest): ReturnType<NonNullable<Finding['repair']>> {
  const from = await recoverBlob(store, digest);
  return from === undefined ? { action: 'left' } : { action: 'recovered', where: from };
}
