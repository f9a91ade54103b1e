import { z } from 'zod';

/** A JSON schema, as zod writes it and as the API server reads it. */
export interface JsonSchema {
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  [extension: string]: unknown;
}

const unsupported = new Set(['$schema', 'propertyNames', 'const']);
const intOrString = 'x-kubernetes-int-or-string';

/**
 * The structural schema (Kubernetes, "Specifying a structural schema") of a zod schema, as its input: fields with a
 * default are optional, and the API server fills them in.
 */
export function structuralSchema(schema: z.ZodType): JsonSchema {
  return normalised(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema);
}

function normalised(schema: JsonSchema): JsonSchema {
  if (schema[intOrString] === true) return intOrStringSchema(schema);
  const kept = Object.fromEntries(
    Object.entries(schema).filter(([key]) => !unsupported.has(key)),
  ) as JsonSchema;
  if (schema.const !== undefined) kept.enum = [schema.const];
  if (schema.properties) kept.properties = mapValues(schema.properties, normalised);
  if (schema.items) kept.items = normalised(schema.items);
  return withNumbers(withUnknownFields(kept));
}

/** The one union a structural schema knows; limits of the string stand beside it, not in it. */
function intOrStringSchema(schema: JsonSchema): JsonSchema {
  const text = schema.anyOf?.find((branch) => branch.type === 'string');
  const limits = text?.maxLength === undefined ? {} : { maxLength: text.maxLength };
  return { ...schema, ...limits, anyOf: [{ type: 'integer' }, { type: 'string' }] };
}

function withUnknownFields(schema: JsonSchema): JsonSchema {
  const extra = schema.additionalProperties;
  if (extra === undefined || typeof extra === 'boolean') return schema;
  if (Object.keys(extra).length > 0) return { ...schema, additionalProperties: normalised(extra) };
  const { additionalProperties: _any, properties = {}, ...rest } = schema;
  const known = Object.keys(properties).length > 0 ? { properties } : {};
  return { ...rest, ...known, 'x-kubernetes-preserve-unknown-fields': true };
}

function withNumbers(schema: JsonSchema): JsonSchema {
  if (schema.type === 'number' && schema.enum?.every(Number.isInteger)) return { ...schema, type: 'integer' };
  if (schema.type !== 'integer') return schema;
  const { minimum, maximum, ...rest } = schema;
  const bounds = {
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
  return { ...rest, ...bounds, format: 'int64' };
}

function mapValues<A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
