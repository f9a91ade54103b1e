import type { StorageDriver } from '../storage/driver.ts';
import { layerLinkPath } from '../storage/paths.ts';
import { blobSize } from './blobs.ts';
import { type Problem, RegistryError } from './errors.ts';
import { linkOf } from './leases.ts';
import { readLink } from './links.ts';
import type { Reference } from './manifest-format.ts';
import type { ManifestRules } from './manifest-rules.ts';

/** Looks whether a repository has what a manifest refers to. */
export interface ReferenceCheck {
  /** @throws RegistryError one MANIFEST_BLOB_UNKNOWN for each reference that is missing */
  require(repository: string, references: readonly Reference[]): Promise<void>;
}

export function createReferenceCheck(options: {
  driver: StorageDriver;
  rules: Pick<ManifestRules, 'mustExist'>;
}): ReferenceCheck {
  const { driver, rules } = options;

  async function require(repository: string, references: readonly Reference[]): Promise<void> {
    const required = withoutRepetitions(references.filter((reference) => rules.mustExist(reference)));
    const found = await Promise.all(required.map((reference) => isPresent(repository, reference)));
    const [first, ...rest] = required
      .filter((_, index) => !found[index])
      .map(({ digest }): Problem => ({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } }));
    if (first) throw new RegistryError([first, ...rest]);
  }

  async function isPresent(repository: string, reference: Reference): Promise<boolean> {
    const linked =
      (await readLink(driver, linkOf(repository, reference))) ?? (await asLayer(repository, reference));
    return linked !== undefined && (await blobSize(driver, linked)) !== undefined;
  }

  /** Build caches are indexes whose children are layers. */
  async function asLayer(repository: string, { kind, digest }: Reference): ReturnType<typeof readLink> {
    return kind === 'manifest' ? readLink(driver, layerLinkPath(repository, digest)) : undefined;
  }

  return { require };
}

/** A manifest may name one layer tens of thousands of times, but a commit section must not look as often. */
function withoutRepetitions(references: readonly Reference[]): Reference[] {
  return [
    ...new Map(references.map((reference) => [`${reference.kind} ${reference.digest}`, reference])).values(),
  ];
}
