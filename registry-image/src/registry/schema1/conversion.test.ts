import { describe, expect, it } from 'vitest';
import { digestOf } from '../digest.ts';
import { convertToSchema1 } from './conversion.ts';
import { emptyLayer, emptyLayerDigest } from './empty-layer.ts';
import { goJson, goTime } from './go-json.ts';

// That distribution makes the same text is shown on distribution itself (test/peers/schema1.test.ts).

const layers = [digestOf('one'), digestOf('two')];
const config = {
  architecture: 'amd64',
  rootfs: { diff_ids: ['a', 'b'] },
  history: [{ created_by: 'first' }, { empty_layer: true }, { created_by: 'last' }],
};

interface Manifest {
  schemaVersion: number;
  name: string;
  tag: string;
  fsLayers: { blobSum: string }[];
  history: { v1Compatibility: string }[];
}

function convert(changes: object, of: typeof layers = layers): Manifest | undefined {
  const text = convertToSchema1({
    repository: 'group/app',
    tag: 'v1',
    config: JSON.stringify({ ...config, ...changes }),
    layers: of,
  });
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}

describe('an image of schema 2 in schema 1', () => {
  it('has a layer for every step, newest first, each the child of the next', () => {
    const manifest = convert({});
    expect(manifest).toMatchObject({ schemaVersion: 1, name: 'group/app', tag: 'v1', architecture: 'amd64' });
    expect(manifest?.fsLayers.map(({ blobSum }) => blobSum)).toEqual([
      layers[1],
      emptyLayerDigest,
      layers[0],
    ]);
    const [last, middle, first] = (manifest?.history ?? []).map(
      ({ v1Compatibility }) => JSON.parse(v1Compatibility) as Record<string, unknown>,
    );
    expect(last).toMatchObject({ architecture: 'amd64', parent: middle?.['id'] });
    expect(last).not.toHaveProperty('rootfs');
    expect(last).not.toHaveProperty('history');
    expect(middle).toMatchObject({ parent: first?.['id'], throwaway: true });
    expect(first).not.toHaveProperty('parent');
    expect(first).toMatchObject({ container_config: { Cmd: ['first'] }, created: '0001-01-01T00:00:00Z' });
    expect(digestOf(emptyLayer)).toBe(emptyLayerDigest);
  });

  it.each<[string, object]>([
    ['without a history', { history: [] }],
    ['whose history is none', { history: 'x' }],
    ['with a history of anything', { history: [1] }],
    ['with a step of another type', { history: [{ created_by: 1 }] }],
    ['with a time that is none', { history: [{ created: 'yesterday' }] }],
    ['without layers', { rootfs: null }],
    ['with another number of layers', { rootfs: { diff_ids: ['a'] } }],
    ['whose history has more layers', { history: [{}, {}, {}] }],
    ['whose history has no end', { history: Array.from({ length: 2001 }, () => ({ empty_layer: true })) }],
    ['of an architecture that is no text', { architecture: 1 }],
  ])('%s cannot be expressed', (_, changes) => {
    expect(convert(changes)).toBeUndefined();
  });

  it('is none when its config is no JSON object', () => {
    for (const text of ['', '[]', '{', 'null']) {
      expect(convertToSchema1({ repository: 'a', tag: 'v1', config: text, layers: [] })).toBeUndefined();
    }
  });
});

describe('what Go writes', () => {
  it.each([
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04:05.100Z', '2024-01-02T03:04:05.1Z'],
    ['2024-01-02T03:04:05.000Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04:05.1234567891+01:30', '2024-01-02T03:04:05.123456789+01:30'],
    ['2024-01-02T03:04:05-00:00', '2024-01-02T03:04:05Z'],
    [undefined, '0001-01-01T00:00:00Z'],
    ['2024-13-02T03:04:05Z', undefined],
    ['2024-01-02', undefined],
    [5, undefined],
  ])('of the time %s is %s', (given, written) => {
    expect(goTime(given)).toBe(written);
  });

  it('of text has no character that HTML knows', () => {
    expect(goJson('<&>\u2028"\\b\b\f\n')).toBe('"\\u003c\\u0026\\u003e\\u2028\\"\\\\b\\u0008\\u000c\\n"');
    expect(goJson('\ud800')).toBe('"\ufffd"');
  });
});
