import type { Random } from '../random.ts';
import { dependencesOf, type FieldGroup, groupsOf, type Leaf, type Schema } from './spec-schema.ts';
import { isObject, type Spec, unknownValue } from './spec-values.ts';
import { settings } from './settings.ts';

/** Values that a leaf may have: from the table, or else all that its schema names. Throws for one of which nobody knows any. */
export function valuesOf({ path, schema }: Leaf): readonly unknown[] {
  const known = settings[path] ?? schema.enum ?? (schema.type === 'boolean' ? [true, false] : undefined);
  if (known !== undefined) return known;
  throw new Error(`nobody knows a value for spec.${path}: add some to test/faults/life/settings.ts`);
}

/** Sets a leaf in a spec, and makes what is missing above it. Of a list the first item is taken, or else one is made. */
export function setLeaf(
  spec: Spec,
  { schema, path, value }: { schema: Schema; path: string; value: unknown },
): void {
  const parts = path.split('.');
  let at = spec;
  let of = schema;
  let here = '';
  for (const [index, part] of parts.entries()) {
    const name = part.replace(/\[\]$/, '');
    here = here === '' ? part : `${here}.${part}`;
    const isLast = index === parts.length - 1;
    if (isLast) return put(at, of, { name, value });
    excludeOthers(at, of, name);
    const child = of.properties?.[name] ?? {};
    of = part.endsWith('[]') ? (child.items ?? {}) : child;
    if (part.endsWith('[]')) {
      const items = (at[name] ??= []) as Spec[];
      if (items.length === 0) items.push(smallest(of, here) as Spec);
      at = items[0] ?? {};
    } else {
      at = (at[name] ??= smallest(of, here)) as Spec;
    }
  }
}

function put(at: Spec, schema: Schema, { name, value }: { name: string; value: unknown }): void {
  if (name !== '*') {
    excludeOthers(at, schema, name);
    at[name] = structuredClone(value);
    return;
  }
  for (const known of Object.keys(at)) if (!(known in (schema.properties ?? {}))) delete at[known];
  Object.assign(at, structuredClone(value));
}

function excludeOthers(at: Spec, schema: Schema, name: string): void {
  for (const { fields } of groupsOf(schema)) {
    if (fields.includes(name)) for (const other of fields) if (other !== name) delete at[other];
  }
  for (const { field, on } of dependencesOf(schema)) if (on === name) delete at[field];
}

/** The least that may stand at a path. */
function smallest(schema: Schema, path: string): unknown {
  if (schema.items?.properties !== undefined) return [smallest(schema.items, `${path}[]`)];
  if (schema.properties === undefined || Object.keys(schema.properties).length === 0) {
    return structuredClone(valuesOf({ path, schema })[0]);
  }
  const required = (schema.required ?? []).map((name) => [
    name,
    smallest(schema.properties?.[name] ?? {}, `${path}.${name}`),
  ]);
  return { ...Object.fromEntries(required), ...unknownValue(settings[`${path}.*`]?.[0]) };
}

/** Takes a leaf out of a spec, with what would be left empty or unfinished above it. Tells whether anything could go. */
export function removeLeaf(spec: Spec, schema: Schema, path: string): boolean {
  const [part = '', ...rest] = path.split('.');
  const name = part.replace(/\[\]$/, '');
  const of = schema.properties?.[name] ?? {};
  const isRequired = schema.required?.includes(name) === true;
  const value = spec[name];
  if (part === '*' || value === undefined) return false;
  if (rest.length > 0 && removeBelow(value, of, { isList: part.endsWith('[]'), path: rest.join('.') }))
    return true;
  if (isRequired) return false;
  delete spec[name];
  return true;
}

function removeBelow(
  value: unknown,
  schema: Schema,
  { isList, path }: { isList: boolean; path: string },
): boolean {
  if (!isList) return isObject(value) && removeLeaf(value, schema, path) && Object.keys(value).length > 0;
  const items = value as Spec[];
  const [first] = items;
  if (first === undefined) return false;
  if (removeLeaf(first, schema.items ?? {}, path)) return true;
  items.shift();
  return items.length > 0;
}

/** What the rules of the schema ask for: one of those of which one must be there, none beside another that excludes it, nothing without what it goes with. */
export function complete(value: unknown, schema: Schema, path = ''): void {
  if (Array.isArray(value)) {
    for (const item of value) complete(item, schema.items ?? {}, `${path}[]`);
    return;
  }
  if (!isObject(value) || schema.properties === undefined) return;
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const fill = (name: string): unknown => smallest(schema.properties?.[name] ?? {}, below(name));
  for (const group of groupsOf(schema)) completeGroup(value, group, fill);
  for (const { field, on } of dependencesOf(schema)) if (value[on] === undefined) delete value[field];
  for (const name of schema.required ?? []) value[name] ??= fill(name);
  for (const [name, of] of Object.entries(schema.properties)) complete(value[name], of, below(name));
}

function completeGroup(value: Spec, { fields, least }: FieldGroup, fill: (name: string) => unknown): void {
  const present = fields.filter((name) => value[name] !== undefined);
  for (const surplus of present.slice(1)) delete value[surplus];
  const [first = ''] = fields;
  if (present.length < least) value[first] = fill(first);
}

/** Another value for a leaf than it has now, if there is one; its default, which changes nothing, only where there is no other. */
export function anotherValue(leaf: Leaf, present: readonly unknown[], random: Random): unknown {
  const other = (known: readonly unknown[]): unknown[] => {
    const texts = new Set(known.map((value) => JSON.stringify(value)));
    return valuesOf(leaf).filter((value) => !texts.has(JSON.stringify(value)));
  };
  const changing = other(present.length > 0 ? present : [leaf.schema.default]);
  const others = changing.length > 0 ? changing : other(present);
  return others[random.below(others.length)];
}
