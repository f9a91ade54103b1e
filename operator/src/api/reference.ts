import { apiVersion } from './group.ts';
import type { CustomKind } from './custom-resource-definition.ts';
import type { Rule } from './rule.ts';
import { type JsonSchema, structuralSchema } from './structural-schema.ts';

/** docs/crds.md: every field of every kind with its type, default and meaning, and what the API server refuses. */
export function reference(kinds: readonly CustomKind[]): string {
  const head = [
    '# Custom resources',
    '',
    `Generated from \`operator/src/api\` by \`npm run generate\`. Group and version: \`${apiVersion}\`.`,
  ];
  return [...head, ...kinds.flatMap(kindSection), ''].join('\n');
}

function kindSection(custom: CustomKind): string[] {
  const schema = structuralSchema(custom.schema);
  const spec = schema.properties?.['spec'] ?? {};
  const status = schema.properties?.['status'] ?? {};
  const refusals = [...ownRules('metadata.name', schema), ...allRules('spec', spec)];
  return [
    '',
    `## ${custom.kind}`,
    '',
    `${schema.description ?? ''} Short name: \`${custom.shortName}\`.`,
    '',
    ...table(fields('spec', spec)),
    '',
    'Refused by the API server:',
    '',
    ...refusals,
    '',
    `### Status of a ${custom.kind}`,
    '',
    ...table(fields('status', status)),
  ];
}

type Row = readonly [field: string, type: string, fallback: string, meaning: string];

function fields(path: string, schema: JsonSchema): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const here = `${path}.${name}`;
    const required = schema.required?.includes(name) === true && path.startsWith('spec');
    const fallback = required ? 'required' : defaultOf(field);
    const row: Row = [`\`${here}\``, typeOf(field), fallback, field.description ?? ''];
    return [row, ...fields(here, field), ...fields(`${here}[]`, field.items ?? {})];
  });
}

function defaultOf(schema: JsonSchema): string {
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema['x-kubernetes-int-or-string'] === true) return 'quantity';
  if (schema.type === 'array')
    return `list of ${schema.items?.enum ? typeOf(schema.items) : (schema.items?.type ?? '')}`;
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') return 'map';
  return schema.format === 'date-time' ? 'time' : (schema.type ?? '');
}

function allRules(path: string, schema: JsonSchema): string[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    allRules(`${path}.${name}`, field),
  );
  const items = schema.items ? allRules(`${path}[]`, schema.items) : [];
  return [...ownRules(path, schema), ...below, ...items];
}

function ownRules(path: string, schema: JsonSchema): string[] {
  const rules = (schema['x-kubernetes-validations'] ?? []) as Rule[];
  return rules.map((rule) => `- \`${path}\`: ${rule.message}`);
}

function table(rows: readonly Row[]): string[] {
  const all = [['Field', 'Type', 'Default', 'Meaning'], ['---', '---', '---', '---'], ...rows];
  return all.map((row) => `| ${row.join(' | ')} |`);
}
