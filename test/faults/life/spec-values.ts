import { isDeepStrictEqual } from 'node:util';
import type { Leaf, Schema } from './spec-schema.ts';

/** A spec as a user writes it. */
export type Spec = Record<string, unknown>;

/** All values that a spec has at the path of a leaf: one for each item of the lists above it. */
export function valuesAt(spec: unknown, path: string, schema: Schema): unknown[] {
  const [first = '', ...rest] = path.split('.');
  const name = first.replace(/\[\]$/, '');
  const of = schema.properties?.[name] ?? {};
  if (first === '*') return [unknownPart(spec, schema)];
  const value = isObject(spec) ? spec[name] : undefined;
  if (value === undefined) return [];
  const below = rest.join('.');
  if (first.endsWith('[]')) {
    const items = Array.isArray(value) ? value : [];
    return items.flatMap((item) => valuesAt(item, below, of.items ?? {}));
  }
  return below === '' ? [value] : valuesAt(value, below, of);
}

/** The leaves at which two specs differ. */
export function changedLeaves(
  leaves: readonly Leaf[],
  schema: Schema,
  { before, after }: { before: Spec; after: Spec },
): string[] {
  return leaves
    .map(({ path }) => path)
    .filter((path) => !isDeepStrictEqual(valuesAt(before, path, schema), valuesAt(after, path, schema)));
}

/** What an object holds beyond the fields of its schema. */
function unknownPart(value: unknown, { properties = {} }: Schema): Spec {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter(([name]) => !(name in properties)));
}

export function isObject(value: unknown): value is Spec {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value when it is an object, and else an empty one. */
export function unknownValue(value: unknown): Spec {
  return isObject(value) ? value : {};
}
