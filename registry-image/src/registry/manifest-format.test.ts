import { describe, expect, it } from 'vitest';
import { mediaTypes, parseManifest } from './manifest-format.ts';

const digest = `sha256:${'0a'.repeat(32)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 10 };
const foreign = { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', digest, size: 10 };

function parse(manifest: object): ReturnType<typeof parseManifest> {
  return parseManifest(JSON.stringify({ schemaVersion: 2, ...manifest }));
}

describe('manifests', () => {
  it.each([
    [{ config, layers: [layer] }, mediaTypes.ociManifest],
    [{ mediaType: mediaTypes.dockerManifest, config, layers: [] }, mediaTypes.dockerManifest],
    [{ manifests: [layer] }, mediaTypes.ociIndex],
    [{ mediaType: mediaTypes.dockerList, manifests: null }, mediaTypes.dockerList],
  ])('%j is of its media type', (manifest, mediaType) => {
    expect(parse(manifest).mediaType).toBe(mediaType);
  });

  it('refer to their config and layers as blobs, indexes to manifests', () => {
    expect(parse({ config, layers: [layer, foreign] }).references).toMatchObject([
      { kind: 'blob', digest, size: 2, foreign: false },
      { kind: 'blob', digest, size: 10, foreign: false },
      { kind: 'blob', digest, size: 10, foreign: true },
    ]);
    expect(parse({ manifests: [layer] }).references).toMatchObject([{ kind: 'manifest', digest }]);
  });

  it('may be about another one', () => {
    const subject = { mediaType: mediaTypes.ociManifest, digest, size: 1 };
    const parsed = parse({ config, layers: [], subject, annotations: { a: 'b' } });
    expect(parsed).toMatchObject({
      subject: digest,
      artifactType: config.mediaType,
      annotations: { a: 'b' },
    });
    expect(parse({ config, layers: [], artifactType: 'x/y' }).artifactType).toBe('x/y');
  });

  it.each([
    [{ schemaVersion: 1 }, 'schema 1 are not supported'],
    [{ schemaVersion: 3 }, 'schemaVersion must be 2'],
    [{ mediaType: 'text/plain' }, 'the media type "text/plain" is not supported'],
    [{ layers: [] }, 'config must be a descriptor'],
    [{ config }, 'layers must be a list'],
    [{ config: { ...config, digest: 'x' }, layers: [] }, 'config.digest must be'],
    [{ config, layers: [{ ...layer, size: -1 }] }, 'layers[0].size must be'],
    [{ manifests: [], layers: [layer], config }, 'do not belong to its media type'],
    [
      { mediaType: mediaTypes.ociManifest, config, layers: [], manifests: [] },
      'do not belong to its media type',
    ],
  ])('%j is refused: %s', (manifest, message) => {
    expect(() => parse(manifest)).toThrow(message);
  });

  it.each(['', '[]', 'null', '{'])('%j is none', (text) => {
    expect(() => parseManifest(text)).toThrow(/not valid JSON|not a JSON object/);
  });
});
