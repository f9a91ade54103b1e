import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

export interface Blob {
  readonly digest: string;
  readonly content: Buffer;
}

export interface Layer extends Blob {
  /** Digest of the uncompressed tar, as a config's rootfs names it. */
  readonly diffId: string;
}

/** An OCI image in memory. */
export interface Image {
  readonly config: Blob;
  readonly layers: readonly Layer[];
  readonly manifest: Blob;
}

/** An OCI index with an image for each of some platforms. */
export interface MultiArch {
  readonly images: readonly Image[];
  readonly index: Blob;
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';

function blob(content: Buffer | string): Blob {
  const bytes = Buffer.from(content);
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, content: bytes };
}

/** A layer with one random file of `size` bytes, as a valid gzipped tar. */
export function randomLayer(size = 4096): Layer {
  return fileLayer(`file-${randomBytes(4).toString('hex')}`, randomBytes(size));
}

/** A layer with one file that everybody may run. */
export function fileLayer(name: string, content: Buffer): Layer {
  const archive = tar(name, content);
  return { ...blob(gzipSync(archive, { level: 1 })), diffId: blob(archive).digest };
}

/** An image of these layers. The config is unique, so two images never share it. */
export function image(
  layers: readonly Layer[],
  { architecture = 'amd64', command }: { architecture?: string; command?: readonly string[] } = {},
): Image {
  const config = blob(
    JSON.stringify({
      architecture,
      os: 'linux',
      config: { Labels: { unique: randomBytes(8).toString('hex') }, ...(command && { Cmd: command }) },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    }),
  );
  const manifest = blob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: config.digest,
        size: config.content.length,
      },
      layers: layers.map((layer) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest: layer.digest,
        size: layer.content.length,
      })),
    }),
  );
  return { config, layers, manifest };
}

/** An index over one new image for each of these architectures. */
export function multiArch(architectures: readonly string[]): MultiArch {
  return indexOf(
    architectures.map((architecture) => [image([randomLayer()], { architecture }), architecture]),
  );
}

/** An index over these images of Linux on these architectures. */
export function indexOf(entries: readonly (readonly [image: Image, architecture: string])[]): MultiArch {
  const manifests = entries.map(([{ manifest }, architecture]) => ({
    mediaType: manifestType,
    digest: manifest.digest,
    size: manifest.content.length,
    platform: { architecture, os: 'linux' },
  }));
  return {
    images: entries.map(([one]) => one),
    index: blob(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests })),
  };
}

function tar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000755\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  const checksum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}
