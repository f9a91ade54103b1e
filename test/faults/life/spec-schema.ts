import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What a CustomResourceDefinition says of a field. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/** A field of the spec that has no fields of ours below it. `[]` in its path stands for the items of a list, `*` for what the schema leaves to others. */
export interface Leaf {
  readonly path: string;
  readonly schema: Schema;
}

/** The schema of a Registry's spec, as the API server serves it. */
export function registrySpecSchema(): Schema {
  const definition: unknown = parse(readFileSync('crds/registries.wharfinger.dev.yaml', 'utf8'));
  const { spec } = definition as {
    spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: Schema } } } }] };
  };
  return spec.versions[0].schema.openAPIV3Schema.properties.spec;
}

export function leavesOf(schema: Schema, path = ''): Leaf[] {
  const below = childrenOf(schema, path);
  if (below.length === 0) {
    const item = schema.items && childrenOf(schema.items, `${path}[]`);
    return item && item.length > 0 ? leavesOf(schema.items ?? {}, `${path}[]`) : [{ path, schema }];
  }
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return [
    ...below.flatMap(([child, of]) => leavesOf(of, child)),
    ...(open ? [{ path: `${path}.*`, schema: {} }] : []),
  ];
}

function childrenOf({ properties = {} }: Schema, path: string): [string, Schema][] {
  return Object.entries(properties).map(([name, of]) => [path === '' ? name : `${path}.${name}`, of]);
}

/** Of the fields of one object: how many of them may, or must, be there. */
export interface FieldGroup {
  readonly fields: readonly string[];
  readonly least: 0 | 1;
}

/** A field that goes only with another. */
export interface Dependence {
  readonly field: string;
  readonly on: string;
}

const exactlyOneOf = /^\[(has\(self\.\w+\)(?:, has\(self\.\w+\))*)\]\.filter\(set, set\)\.size\(\) == 1$/;
const eitherOr = /^has\(self\.(\w+)\) != has\(self\.(\w+)\)$/;
const notBoth = /^!has\(self\.(\w+)\) \|\| !has\(self\.(\w+)\)$/;
const onlyWith = /^!has\(self\.(\w+)\) \|\| has\(self\.(\w+)\)$/;

/** The groups of fields that exclude one another, read from the rules of an object. */
export function groupsOf(schema: Schema): FieldGroup[] {
  return rulesOf(schema).flatMap((rule): FieldGroup[] => {
    const one = exactlyOneOf.exec(rule)?.[1];
    if (one !== undefined) {
      return [{ fields: [...one.matchAll(/has\(self\.(\w+)\)/g)].map((match) => match[1] ?? ''), least: 1 }];
    }
    const either = eitherOr.exec(rule);
    if (either) return [{ fields: either.slice(1, 3), least: 1 }];
    const both = notBoth.exec(rule);
    return both ? [{ fields: both.slice(1, 3), least: 0 }] : [];
  });
}

export function dependencesOf(schema: Schema): Dependence[] {
  return rulesOf(schema).flatMap((rule) => {
    const [, field, on] = onlyWith.exec(rule) ?? [];
    return field !== undefined && on !== undefined ? [{ field, on }] : [];
  });
}

function rulesOf(schema: Schema): string[] {
  return (schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule);
}
