import { z } from 'zod';
import { plannedKeys } from './planned.ts';

/** What may stand at a place of config.yml, read off the schema. */
export type Keys =
  | { kind: 'section'; children: ReadonlyMap<string, Keys> }
  | { kind: 'map' | 'list'; items: Keys }
  | { kind: 'value' }
  | { kind: 'planned' };

/** The keys below `schema`, with the planned ones of planned.ts. */
export function keysOf(schema: z.ZodType, path = ''): Keys {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord)
    return { kind: 'map', items: keysOf(inner.valueType as z.ZodType, `${path}.*`) };
  if (inner instanceof z.ZodArray)
    return { kind: 'list', items: keysOf(inner.element as z.ZodType, `${path}.*`) };
  if (!(inner instanceof z.ZodObject)) return { kind: 'value' };
  const children = new Map<string, Keys>();
  const prefix = path === '' ? '' : `${path}.`;
  for (const [name, child] of Object.entries(inner.shape)) {
    children.set(name, keysOf(child as z.ZodType, prefix + name));
  }
  for (const key of plannedKeys) {
    const name = key.slice(prefix.length);
    if (key.startsWith(prefix) && !name.includes('.')) children.set(name, { kind: 'planned' });
  }
  return { kind: 'section', children };
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}
