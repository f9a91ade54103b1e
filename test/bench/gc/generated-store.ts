import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';

/** What a generated store holds. Half of the manifests are untagged, because each tag was moved once. */
export interface StoreShape {
  readonly repositories: number;
  /** Tags of each repository; each named an image, now it names another. */
  readonly tags: number;
  /** Layers that only one image has; one more is common to all images of a repository. */
  readonly layers: number;
}

/** What a generator made. */
export interface StoreSize {
  readonly repositories: number;
  readonly manifests: number;
  readonly blobs: number;
}

/** 1,000 repositories, 6,000 manifests, 37,000 blobs; `scale` times that. */
export function manyRepositories(scale: number): StoreShape {
  return { repositories: 1000 * scale, tags: 3, layers: 4 };
}

/** One repository with 2,000 tags. */
export const manyTags: StoreShape = { repositories: 1, tags: 2000, layers: 1 };

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** Writes a store in distribution's layout; the same for the same shape. */
export function generateStore(root: string, shape: StoreShape): StoreSize {
  const base = `${root}/docker/registry/v2`;
  let [blobs, manifests] = [0, 0];

  function write(directory: string, name: string, content: string): void {
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${directory}/${name}`, content);
  }

  function blob(mediaType: string, content: string): { mediaType: string; digest: string; size: number } {
    const hex = createHash('sha256').update(content).digest('hex');
    write(`${base}/blobs/sha256/${hex.slice(0, 2)}/${hex}`, 'data', content);
    blobs++;
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  }

  function link(directory: string, digest: string): void {
    write(`${directory}/${digest.replace(':', '/')}`, 'link', digest);
  }

  function layer(repository: string, mediaType: string, content: string): object {
    const descriptor = blob(mediaType, content);
    link(`${repository}/_layers`, descriptor.digest);
    return descriptor;
  }

  for (let index = 0; index < shape.repositories; index++) {
    const name = `team-${index % 10}/app-${index}`;
    const repository = `${base}/repositories/${name}`;
    const common = layer(repository, layerType, `layer of ${name}`);
    mkdirSync(`${repository}/_uploads`, { recursive: true });
    for (let image = 0; image < 2 * shape.tags; image++) {
      const title = `${name} ${image}`;
      const layers = Array.from({ length: shape.layers }, (_, number) =>
        layer(repository, layerType, `layer ${number} of ${title}`),
      );
      const config = layer(repository, configType, JSON.stringify({ title, rootfs: { type: 'layers' } }));
      const { digest } = blob(
        manifestType,
        JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: [common, ...layers] }),
      );
      manifests++;
      link(`${repository}/_manifests/revisions`, digest);
      const tag = `${repository}/_manifests/tags/v${image % shape.tags}`;
      link(`${tag}/index`, digest);
      // The second image of a tag takes it over.
      write(`${tag}/current`, 'link', digest);
    }
  }
  return { repositories: shape.repositories, manifests, blobs };
}
