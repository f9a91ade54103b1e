import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as paths from '../storage/paths.ts';
import { digestOf, type StoreFixture } from './store-fixture.ts';

interface Descriptor {
  digest: string;
}

interface Manifest {
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
}

/**
 * Pulls every tag (platforms included) of the repositories, and every untagged image unless these may be half gone, as a client would; tells
 * what is missing.
 */
export function pullAll(
  { root }: StoreFixture,
  repositories: readonly string[],
  { untagged = true }: { untagged?: boolean } = {},
): string[] {
  const missing: string[] = [];

  function pullBlob(repository: string, digest: string): void {
    const data = join(root, paths.blobDataPath(digest));
    const linked = existsSync(join(root, paths.layerLinkPath(repository, digest)));
    if (!linked) missing.push(`${repository}: link of ${digest}`);
    if (!existsSync(data)) missing.push(`${repository}: blob ${digest}`);
    else if (digestOf(readFileSync(data)) !== digest) missing.push(`${repository}: content of ${digest}`);
  }

  function pullManifest(repository: string, digest: string): void {
    const data = join(root, paths.blobDataPath(digest));
    if (!existsSync(join(root, paths.revisionLinkPath(repository, digest))) || !existsSync(data)) {
      missing.push(`${repository}: manifest ${digest}`);
      return;
    }
    const manifest = JSON.parse(readFileSync(data, 'utf8')) as Manifest;
    for (const child of manifest.manifests ?? []) pullManifest(repository, child.digest);
    for (const blob of [manifest.config, ...(manifest.layers ?? [])])
      if (blob) pullBlob(repository, blob.digest);
  }

  /** An untagged image that is still visible is whole as well; an index may lack children that went before it. */
  function pullRevision(repository: string, digest: string): void {
    const data = join(root, paths.blobDataPath(digest));
    if (!existsSync(data)) missing.push(`${repository}: revision ${digest}`);
    else if (!readFileSync(data, 'utf8').includes('"manifests"')) pullManifest(repository, digest);
  }

  for (const repository of repositories) {
    const revisions = join(root, paths.revisionsPath(repository), 'sha256');
    for (const hex of untagged && existsSync(revisions) ? readdirSync(revisions) : [])
      pullRevision(repository, `sha256:${hex}`);
    const tags = join(root, paths.tagsPath(repository));
    for (const tag of existsSync(tags) ? readdirSync(tags) : []) {
      pullManifest(repository, readFileSync(join(root, paths.tagCurrentLinkPath(repository, tag)), 'utf8'));
    }
  }
  return missing;
}
