import { z } from 'zod';
import { parseDigest } from '../registry/digest.ts';
import { isIndexType } from '../registry/manifest-format.ts';
import type { References } from './content.ts';

const Digest = z.string().refine((text) => parseDigest(text) !== undefined);
const Descriptor = z.object({ digest: Digest });

/**
 * Every field by which a manifest names other content: OCI image manifest and index 1.1, OCI artifact manifest,
 * Docker schema 2 and manifest list, Docker schema 1. The media type is hardly asked: some writers leave it out. What
 * only the outdated forms have is anything in the others, where unknown fields are allowed.
 */
const Manifest = z.object({
  mediaType: z.string().optional().catch(undefined),
  config: Descriptor.nullish(),
  layers: z.array(Descriptor).nullish(),
  blobs: z.array(Descriptor).nullish().catch(undefined),
  manifests: z.array(Descriptor).nullish(),
  fsLayers: z
    .array(z.object({ blobSum: Digest }))
    .nullish()
    .catch(undefined),
  subject: Descriptor.nullish(),
});

/** What a manifest names, or undefined when the bytes are no manifest of a known form. */
export function parseReferences(content: Buffer): References | undefined {
  const parsed = Manifest.safeParse(parseJson(content));
  if (!parsed.success) return undefined;
  const { mediaType = '', config, layers, blobs, manifests, fsLayers, subject } = parsed.data;
  // Go's encoders write an index of nothing as `null`, or not at all.
  const isIndex = manifests !== undefined || isIndexType(mediaType);
  if (!config && !layers && !blobs && !isIndex && !fsLayers) return undefined;
  return {
    blobs: [
      ...(config ? [config.digest] : []),
      ...(layers ?? []).map((layer) => layer.digest),
      ...(blobs ?? []).map((blob) => blob.digest),
      ...(fsLayers ?? []).map((layer) => layer.blobSum),
    ],
    manifests: (manifests ?? []).map((manifest) => manifest.digest),
    subject: subject?.digest,
  };
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
