import { describe, expect, it } from 'vitest';
import { digestOf } from './digest.ts';
import { mediaTypes, parseManifest } from './manifest-format.ts';

const digest = `sha256:${'0a'.repeat(32)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 10 };
const foreign = { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', digest, size: 10 };

function text(content: string): Buffer {
  return Buffer.from(content);
}

function parse(manifest: object): ReturnType<typeof parseManifest> {
  return parseManifest(Buffer.from(JSON.stringify({ schemaVersion: 2, ...manifest })));
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
    expect(parse({ config, layers: [], artifactType: '' }).artifactType).toBe(config.mediaType);
    expect(parse({ manifests: [], subject, artifactType: '' }).artifactType).toBeUndefined();
    expect(parse({ manifests: [], subject: null }).subject).toBeUndefined();
  });

  it('have data in a descriptor only when it is the content', () => {
    const content = { mediaType: 'x/y', digest: digestOf('content', 'sha512'), size: 7 };
    const data = Buffer.from('content').toString('base64');
    expect(parse({ config: { ...content, data }, layers: [] }).references).toHaveLength(1);
    expect(parse({ config: { ...content, data: null }, layers: [] }).references).toHaveLength(1);
    for (const wrong of ['Y29udGVudA', 'Y29udGVueA==', `${data}\n`, 5]) {
      expect(() => parse({ config: { ...content, data: wrong }, layers: [] })).toThrow('config.data must be');
    }
    expect(() => parse({ config: { ...content, size: 8, data }, layers: [] })).toThrow('config.data must be');
  });

  it.each<[string, Buffer, string]>([
    ['a name twice', text(`{"schemaVersion":2,"manifests":[],"manifests":[]}`), 'a name occurs twice'],
    [
      'a name twice, deeper',
      text(`{"schemaVersion":2,"manifests":[{"size":1,"size":2}]}`),
      'a name occurs twice',
    ],
    [
      'a field in two cases',
      text(`{"schemaVersion":2,"layers":[],"Layers":[]}`),
      '"Layers" must be written layers',
    ],
    [
      'a field of a descriptor in two cases',
      text(`{"schemaVersion":2,"manifests":[{"digest":"${digest}","Digest":"${digest}","size":1}]}`),
      '"Digest" must be written digest',
    ],
    [
      'a field that only some readers know',
      text(`{"schemaVersion":2,"config":{},"layers":[],"Manifests":[]}`),
      '"Manifests" must be written manifests',
    ],
    [
      'a field in letters that Go takes for others',
      text(`{"schemaVersion":2,"layers":[],"layer\u017f":[]}`),
      'must be written layers',
    ],
    ['more parts than any manifest has', text(`{"a":[0${',0'.repeat(150_000)}]}`), 'more than 150000 parts'],
    ['no end of levels', text(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`), 'more than 64 levels'],
    ['bytes that are no UTF-8', Buffer.from('{"schemaVersion":2,"a":"\xff"}', 'latin1'), 'not UTF-8'],
    ['a byte order mark', text('\ufeff{}'), 'not valid JSON'],
  ])('with %s are refused', (_, content, message) => {
    expect(() => parseManifest(content)).toThrow(message);
  });

  it.each([
    [{ schemaVersion: 3 }, 'schemaVersion must be 2'],
    [{ mediaType: 'text/plain' }, 'the media type "text/plain" is not supported'],
    [
      { mediaType: mediaTypes.ociArtifact, blobs: [] },
      'push the artifact as application/vnd.oci.image.manifest.v1+json',
    ],
    [{ config, layers: [{ ...layer, urls: 'x' }] }, 'layers[0].urls must be'],
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
    expect(() => parseManifest(Buffer.from(text))).toThrow(/not valid JSON|not a JSON object/);
  });
});
