import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestType, type Image } from './image.ts';

/** Writes an image as an OCI layout folder (image-spec, image-layout.md), which every client can read. */
export function writeOciLayout(folder: string, { config, layers, manifest }: Image): void {
  const blobs = join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  for (const { digest, content } of [config, ...layers, manifest]) {
    writeFileSync(join(blobs, digest.slice('sha256:'.length)), content);
  }
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const descriptor = { mediaType: manifestType, digest: manifest.digest, size: manifest.content.length };
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
}
