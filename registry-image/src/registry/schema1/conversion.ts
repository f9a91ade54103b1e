import { createHash } from 'node:crypto';
import type { Digest } from '../digest.ts';
import { compact, rawMembers } from '../json-text.ts';
import { emptyLayerDigest } from './empty-layer.ts';
import { escapeForHtml, goJson, goTime } from './go-json.ts';

/** Entries of a history that are converted; an entry of two characters becomes hundreds, so there must be an end. */
const longestHistory = 2000;

/** An image of schema 2: what its manifest and its config say. */
export interface Schema2Image {
  readonly repository: string;
  readonly tag: string;
  /** The text of its config. */
  readonly config: string;
  /** Layers from the base upwards. */
  readonly layers: readonly Digest[];
}

interface HistoryEntry {
  readonly created: string;
  readonly author: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly emptyLayer: boolean;
}

interface ImageConfig {
  readonly architecture: string;
  readonly diffIds: number;
  readonly baseLayer: string;
  readonly history: readonly HistoryEntry[];
}

interface V1Layer {
  readonly blobSum: string;
  readonly v1Compatibility: string;
}

/**
 * The manifest of schema 1 (before it is signed) of an image of schema 2, the same text as distribution 2.8 makes.
 * Undefined when the image cannot be expressed in schema 1: it has no history, or one that does not fit its layers.
 */
export function convertToSchema1(image: Schema2Image): string | undefined {
  const config = readConfig(image.config);
  if (!config || config.history.length === 0 || config.diffIds !== image.layers.length) return undefined;
  const layers = v1Layers(image, config);
  return (
    layers &&
    goJson(
      {
        schemaVersion: 1,
        name: image.repository,
        tag: image.tag,
        architecture: config.architecture,
        // Newest first.
        fsLayers: layers.map(({ blobSum }) => ({ blobSum })).toReversed(),
        history: layers.map(({ v1Compatibility }) => ({ v1Compatibility })).toReversed(),
      },
      '   ',
    )
  );
}

function v1Layers(image: Schema2Image, config: ImageConfig): V1Layer[] | undefined {
  const layers: V1Layer[] = [];
  const blobSums = image.layers.values();
  let parent = '';
  for (const [index, entry] of config.history.entries()) {
    const blobSum = entry.emptyLayer ? emptyLayerDigest : blobSums.next().value;
    if (blobSum === undefined) return undefined;
    const identity = `${hexOf(blobSum)} ${parent}`;
    if (index === config.history.length - 1) {
      const id = sha256(`${identity} ${image.config}`);
      layers.push({ blobSum, v1Compatibility: topCompatibility(image.config, id, parent, entry) });
      break;
    }
    const id = sha256(identity);
    if (index === 0 && config.baseLayer !== '') parent = baseLayerId(config.baseLayer);
    layers.push({ blobSum, v1Compatibility: lowerCompatibility(id, parent, entry) });
    parent = id;
  }
  return layers;
}

/** Of a layer below the top: an image that has its id and its history, but cannot be run. */
function lowerCompatibility(id: string, parent: string, entry: HistoryEntry): string {
  return goJson({
    id,
    ...(parent !== '' && { parent }),
    ...(entry.comment !== '' && { comment: entry.comment }),
    created: entry.created,
    container_config: { Cmd: [entry.createdBy] },
    ...(entry.author !== '' && { author: entry.author }),
    ...(entry.emptyLayer && { throwaway: true }),
  });
}

/** Of the top: the config itself without the fields that schema 1 does not know, in the order of its names. */
function topCompatibility(config: string, id: string, parent: string, entry: HistoryEntry): string {
  const members = rawMembers(config);
  members.delete('rootfs');
  members.delete('history');
  members.set('id', goJson(id));
  if (parent !== '') members.set('parent', goJson(parent));
  if (entry.emptyLayer) members.set('throwaway', 'true');
  const sorted = [...members].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${sorted.map(([name, value]) => `${goJson(name)}:${escapeForHtml(compact(value))}`).join(',')}}`;
}

function baseLayerId(baseLayer: string): string {
  return createHash('sha384').update(baseLayer).digest('hex').slice(0, 64);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

type Fields = Readonly<Record<string, unknown>>;

function readConfig(text: string): ImageConfig | undefined {
  const config = parseFields(text);
  if (!config) return undefined;
  const { architecture = '', rootfs, history } = config;
  if (typeof architecture !== 'string' || !isFields(rootfs)) return undefined;
  if (!Array.isArray(history) || history.length > longestHistory) return undefined;
  const { diff_ids: diffIds = [], base_layer: baseLayer = '' } = rootfs;
  if (!Array.isArray(diffIds) || typeof baseLayer !== 'string') return undefined;
  const entries = history.map(readEntry);
  if (!entries.every((entry) => entry !== undefined)) return undefined;
  return { architecture, diffIds: diffIds.length, baseLayer, history: entries };
}

function readEntry(value: unknown): HistoryEntry | undefined {
  if (!isFields(value)) return undefined;
  const created = goTime(value['created']);
  const [author, createdBy, comment] = ['author', 'created_by', 'comment'].map((name) => value[name] ?? '');
  if (created === undefined || typeof author !== 'string') return undefined;
  if (typeof createdBy !== 'string' || typeof comment !== 'string') return undefined;
  return { created, author, createdBy, comment, emptyLayer: value['empty_layer'] === true };
}

function parseFields(text: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isFields(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
