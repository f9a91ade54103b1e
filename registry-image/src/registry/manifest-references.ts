import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath, layerLinkPath } from '../storage/paths.ts';
import { blobSize } from './blobs.ts';
import type { Digest } from './digest.ts';
import { type Problem, RegistryError } from './errors.ts';
import { linkOf } from './leases.ts';
import { readLink } from './links.ts';
import type { Reference } from './manifest-format.ts';
import type { ManifestRules } from './manifest-rules.ts';
import type { ReadManifest } from './parsed-manifests.ts';
import type { TrashRescue } from './trash-rescue.ts';

/** A sweep that still goes on may take something once more while it is looked at. */
const attempts = 3;

/** Looks whether a repository has what a manifest refers to. */
export interface ReferenceCheck {
  /** @throws RegistryError one MANIFEST_BLOB_UNKNOWN for each reference that is missing */
  require(repository: string, references: readonly Reference[]): Promise<void>;
  /** The same in a commit section; what a sweep has taken meanwhile is brought back, with all below it. */
  secure(repository: string, references: readonly Reference[]): Promise<void>;
  /** Brings back a manifest and all below it, in a commit section, and tells whether no sweep has taken anything of it. */
  secureManifest(repository: string, digest: Digest): Promise<boolean>;
}

/** What is asked for, wherever it is named. */
type Named = Pick<Reference, 'kind' | 'digest'>;

export function createReferenceCheck(options: {
  driver: StorageDriver;
  rules: Pick<ManifestRules, 'mustExist'>;
  rescue: TrashRescue;
  readManifest: ReadManifest;
}): ReferenceCheck {
  const { driver, rules, rescue, readManifest } = options;

  async function check(
    references: readonly Reference[],
    isThere: (reference: Reference) => Promise<boolean>,
  ): Promise<void> {
    const required = withoutRepetitions(references.filter((reference) => rules.mustExist(reference)));
    const found = await Promise.all(required.map(isThere));
    const [first, ...rest] = required
      .filter((_, index) => !found[index])
      .map(({ digest }): Problem => ({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } }));
    if (first) throw new RegistryError([first, ...rest]);
  }

  async function isPresent(driver: StorageDriver, repository: string, reference: Named): Promise<boolean> {
    const linked =
      (await readLink(driver, linkOf(repository, reference))) ??
      (await asLayer(driver, repository, reference));
    return linked !== undefined && (await blobSize(driver, linked)) !== undefined;
  }

  async function isPresentAnywhere(repository: string, reference: Reference): Promise<boolean> {
    if (await isPresent(driver, repository, reference)) return true;
    return isPresent(rescue.reading, repository, reference);
  }

  /**
   * While anything is in the trash, what a manifest refers to may be there though the manifest is not. Each link comes after all
   * that it leads to: the second mark may have judged, before the link was there, what it leads to.
   */
  async function isSecured(repository: string, reference: Named, hasTrash: boolean): Promise<boolean> {
    const wasThere = await isPresent(driver, repository, reference);
    if (!hasTrash && wasThere) return true;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (await isBroughtBack(repository, reference)) return true;
    }
    // What is in no trash either was lost before, such as a platform that somebody deleted: a sweep takes a link before all that it leads to.
    return wasThere && (await isPresent(driver, repository, reference));
  }

  async function isBroughtBack(repository: string, reference: Named): Promise<boolean> {
    const { kind, digest } = reference;
    const hasData = await rescue.bringBack(blobDataPath(digest));
    // Nobody knows then what is below it. Of a blob the link may name another digest.
    if (kind === 'manifest' && !hasData) return false;
    const manifest = kind === 'manifest' ? await readManifest(digest) : undefined;
    let isWhole = true;
    for (const below of withoutRepetitions(manifest?.references ?? [])) {
      if (rules.mustExist(below)) isWhole = (await isSecured(repository, below, true)) && isWhole;
    }
    if (!isWhole) return false;
    if (!(await isPresent(driver, repository, reference)))
      await rescue.bringBack(linkOf(repository, reference));
    return isPresent(driver, repository, reference);
  }

  /** Build caches are indexes whose children are layers. */
  async function asLayer(
    driver: StorageDriver,
    repository: string,
    { kind, digest }: Named,
  ): ReturnType<typeof readLink> {
    return kind === 'manifest' ? readLink(driver, layerLinkPath(repository, digest)) : undefined;
  }

  return {
    require: (repository, references) => check(references, (each) => isPresentAnywhere(repository, each)),
    secureManifest: (repository, digest) => isSecured(repository, { kind: 'manifest', digest }, true),
    async secure(repository, references) {
      const hasTrash = await rescue.hasTrash();
      await check(references, (each) => isSecured(repository, each, hasTrash));
    },
  };
}

/** A manifest may name one layer tens of thousands of times, but a commit section must not look as often. */
function withoutRepetitions(references: readonly Reference[]): Reference[] {
  return [
    ...new Map(references.map((reference) => [`${reference.kind} ${reference.digest}`, reference])).values(),
  ];
}
