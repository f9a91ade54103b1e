import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexType, manifestType, type Blob, type Image, type MultiArch } from './image.ts';

/** Writes an image as an OCI layout folder (image-spec, image-layout.md), which every client can read. */
export function writeOciLayout(folder: string, one: Image): void {
  writeBlobs(folder, blobsOf(one));
  writeIndex(folder, [descriptor(manifestType, one.manifest)]);
}

/** The same of a multi-arch image: its index is the one entry. */
export function writeMultiArchLayout(folder: string, { images, index }: MultiArch): void {
  writeBlobs(folder, [...images.flatMap(blobsOf), index]);
  writeIndex(folder, [descriptor(indexType, index)]);
}

/** The same with the images themselves as entries, as crane reads an index. */
export function writeFlatLayout(folder: string, { images, index }: MultiArch): void {
  writeBlobs(folder, images.flatMap(blobsOf));
  const { manifests } = JSON.parse(index.content.toString()) as { manifests: object[] };
  writeIndex(folder, manifests);
}

function blobsOf({ config, layers, manifest }: Image): Blob[] {
  return [config, ...layers, manifest];
}

function descriptor(mediaType: string, { digest, content }: Blob): object {
  return { mediaType, digest, size: content.length };
}

function writeBlobs(folder: string, blobs: readonly Blob[]): void {
  const directory = join(folder, 'blobs', 'sha256');
  mkdirSync(directory, { recursive: true });
  for (const { digest, content } of blobs) {
    writeFileSync(join(directory, digest.slice('sha256:'.length)), content);
  }
}

function writeIndex(folder: string, manifests: readonly object[]): void {
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}
