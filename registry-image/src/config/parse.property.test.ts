import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { listKeys } from './key-list.ts';
import { ConfigError, parseConfig } from './parse.ts';
import { printConfig } from './print.ts';
import { configWithout, otherValue } from './schema-fixture.ts';
import { configKeys } from './schema.ts';

const all = listKeys(configKeys);
const names = [...new Set(all.flatMap(({ path }) => path.split(/[.[\]*]+/)).filter((name) => name !== ''))];
const variables = all.flatMap((listed) =>
  listed.variables.map((variable) => variable.replaceAll(/_N(?=_|$)/g, '_0')),
);

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', '<<', 'toString', '0', '') },
  { weight: 1, arbitrary: fc.string() },
);
const scalar = fc.oneof(
  fc.constantFrom(
    'true',
    '1',
    '10s',
    '-1',
    '*a',
    '&a b',
    'inmemory',
    'redis',
    'htpasswd',
    'https://a.example',
    ':5000',
  ),
  fc.string(),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    scalar,
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc
      .array(fc.tuple(name, tie('tree')), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries) as unknown),
  ),
}));
const document = fc.oneof(
  { weight: 1, arbitrary: fc.constant('version: 0.1') },
  { weight: 4, arbitrary: tree.map((value) => `version: 0.1\n${stringify({ ...Object(value) })}`) },
  { weight: 1, arbitrary: tree.map((value) => stringify(value)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(...'version: 0.1\n{}[]&*!|>%@`"\'#- ,?<a'.split('')), { maxLength: 60 })
      .map((parts) => parts.join('')),
  },
);
const environment = fc.dictionary(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...variables) },
    { weight: 1, arbitrary: fc.string().map((rest) => `REGISTRY_${rest}`) },
    { weight: 1, arbitrary: name.map((rest) => `REGISTRY_LOG_FIELDS_${rest.toUpperCase()}`) },
  ),
  fc.oneof(
    scalar,
    tree.map((value) => stringify(value, { collectionStyle: 'flow' })),
  ),
  { maxKeys: 3 },
);

describe('parseConfig', () => {
  it('throws nothing but ConfigError, and then says what is wrong', () => {
    let right = 0;
    fc.assert(
      fc.property(document, fc.option(environment, { freq: 1 }), (text, variables) => {
        try {
          parseConfig(text, variables ?? {});
          right++;
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          expect(error.problems.length).toBeGreaterThan(0);
          expect(error.problems.filter((problem) => problem.trim() === '')).toEqual([]);
        }
      }),
      { numRuns: 1500 },
    );
    expect(right).toBeGreaterThan(50);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('takes what printConfig prints for any config that is right, and reads the same', () => {
    const live = all.filter(({ key, planned }) => key.kind === 'value' && !planned && !key.meta.secret);
    fc.assert(
      fc.property(fc.constantFrom(...live), fc.option(scalar), (listed, value) => {
        const variable = (listed.variables[0] ?? '').replaceAll(/_N(?=_|$)/g, '_0');
        let config;
        try {
          const given = { [variable]: value ?? otherValue(listed.key) };
          ({ config } = parseConfig(stringify(configWithout(listed)), given));
        } catch {
          return;
        }
        const printed = printConfig(config);
        // A password that stands in a URL is not printed.
        if (printed.includes('********')) return;
        expect(parseConfig(printed, {}).config).toEqual(config);
      }),
      { numRuns: 400 },
    );
  });
});
