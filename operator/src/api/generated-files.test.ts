// oxlint-disable-next-line no-restricted-imports -- a test compares the files with what the room generates
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { customKinds } from './custom-resource-definition.ts';
import { generatedFiles } from './generated-files.ts';
import { type JsonSchema, structuralSchema } from './structural-schema.ts';

const repository = resolve(import.meta.dirname, '../../..');

describe('generated files', () => {
  it.each([...generatedFiles()])('%s is what `npm run generate` writes', (path, text) => {
    expect(readFileSync(resolve(repository, path), 'utf8')).toBe(text);
  });
});

function everySchema(schema: JsonSchema): JsonSchema[] {
  const below = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
  ];
  return [schema, ...below.flatMap(everySchema)];
}

describe.each([...customKinds])('the schema of $kind', ({ schema }) => {
  const all = everySchema(structuralSchema(schema));

  it('is structural: a type everywhere but at quantities, and no keyword that the API server does not know', () => {
    expect(all.filter((one) => !one.type && one['x-kubernetes-int-or-string'] !== true)).toEqual([]);
    expect(
      all.flatMap((one) => Object.keys(one)).filter((key) => /^(const|\$|propertyNames)/.test(key)),
    ).toEqual([]);
  });

  it("has no limits that are zod's and not ours", () => {
    const bounds = all.flatMap(({ minimum, maximum }) => [minimum, maximum]);
    expect(bounds.filter((bound) => Math.abs(bound ?? 0) > 2 ** 40)).toEqual([]);
  });

  it('bounds whatever a rule looks at, so that its cost is known', () => {
    const ruled = all.filter((one) => 'x-kubernetes-validations' in one && one.type === 'string');
    expect(ruled.every(({ maxLength }) => maxLength !== undefined)).toBe(true);
  });

  it('describes every field of the spec', () => {
    const spec = structuralSchema(schema).properties?.['spec'] ?? {};
    const silent = Object.entries(spec.properties ?? {}).filter(([, field]) => !field.description);
    expect(silent).toEqual([]);
  });
});
