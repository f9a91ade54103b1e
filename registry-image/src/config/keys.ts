import { z } from 'zod';
import type { KeyMeta } from './key-meta.ts';

interface Described {
  readonly meta: KeyMeta & { readonly description?: string };
  readonly required: boolean;
  /** What holds when the key is absent, as it would be written. */
  readonly fallback: unknown;
}

export interface SectionKey extends Described {
  readonly kind: 'section';
  readonly children: ReadonlyMap<string, Key>;
  /** The sections that `meta.variants` names. */
  readonly variants: ReadonlyMap<string, Key>;
}

export interface CollectionKey extends Described {
  readonly kind: 'map' | 'list';
  readonly items: Key;
}

/** A place of config.yml as the schema describes it. */
export type Key = SectionKey | CollectionKey | (Described & { readonly kind: 'value' });

/** Reads the keys off a schema. */
export function keysOf(schema: z.ZodType): Key {
  const layers = layersOf(schema);
  const inner = layers.at(-1) ?? schema;
  const described = describe(layers);
  if (inner instanceof z.ZodRecord)
    return { ...described, kind: 'map', items: keysOf(inner.valueType as z.ZodType) };
  if (inner instanceof z.ZodArray)
    return { ...described, kind: 'list', items: keysOf(inner.element as z.ZodType) };
  if (!(inner instanceof z.ZodObject)) return { ...described, kind: 'value' };
  return {
    ...described,
    kind: 'section',
    children: mapKeys(inner.shape),
    variants: mapKeys(described.meta.variants?.schemas ?? {}),
  };
}

/** The key of the child `name` of a section that holds `values`. */
export function childKey(
  section: SectionKey,
  name: string,
  values: Readonly<Record<string, unknown>>,
): Key | undefined {
  const { variants } = section.meta;
  const variant = variants?.of === name ? section.variants.get(String(values[variants.by])) : undefined;
  return variant ?? section.children.get(name);
}

function mapKeys(schemas: Readonly<Record<string, unknown>>): Map<string, Key> {
  return new Map(Object.entries(schemas).map(([name, child]) => [name, keysOf(child as z.ZodType)]));
}

/** A schema, what it wraps, and so on to the innermost. */
function layersOf(schema: z.ZodType): z.ZodType[] {
  const wrapped = wrappedBy(schema);
  return wrapped ? [schema, ...layersOf(wrapped)] : [schema];
}

function wrappedBy(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return schema.unwrap() as z.ZodType;
  return schema instanceof z.ZodPipe ? (schema.in as z.ZodType) : undefined;
}

function describe(layers: readonly z.ZodType[]): Described {
  const metas = layers.map((layer) => z.globalRegistry.get(layer) ?? {});
  const meta = Object.assign({}, ...metas.toReversed()) as KeyMeta;
  const absent = layers.find((layer) => layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault);
  return {
    meta,
    required: !layers.some((layer) => layer instanceof z.ZodOptional) && absent === undefined,
    fallback: meta.fallback ?? (absent as z.ZodDefault | undefined)?.def.defaultValue,
  };
}
