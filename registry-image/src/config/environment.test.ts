import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type ListedKey, listKeys } from './key-list.ts';
import { readConfig } from './parse.ts';
import { configWithout, fullValue, otherValue, valueAt } from './schema-fixture.ts';
import { configKeys } from './schema.ts';

const all = listKeys(configKeys);
const current = all.filter(({ key }) => key.meta.replacement === undefined);

/** One row for each spelling of each variable, with the index 0. */
function rowsOf(keys: readonly ListedKey[]): { variable: string; listed: ListedKey }[] {
  return keys.flatMap((listed) =>
    listed.variables.map((variable) => ({ variable: variable.replaceAll(/_N(?=_|$)/g, '_0'), listed })),
  );
}

describe('each key is set by its variable, in each spelling', () => {
  it.each(rowsOf(current.filter(({ key }) => key.kind === 'value')))('$variable', ({ variable, listed }) => {
    const text = stringify(configWithout(listed));
    const before = readConfig(text, {});
    const after = readConfig(text, { [variable]: otherValue(listed.key) });
    expect(after.problems.filter((problem) => !problem.includes('does not have it yet'))).toEqual([]);
    expect(after.warnings).toEqual([]);
    const value = valueAt(after.config, listed);
    expect(value).toBeDefined();
    expect(value).not.toEqual(valueAt(before.config, listed));
    if (listed.key.meta.kind === 'text') expect(value).toContain(otherValue(listed.key));
  });

  it.each(rowsOf(current.filter(({ key }) => key.kind !== 'value')))(
    '$variable with a whole section, list or map',
    ({ variable, listed }) => {
      const text = stringify(configWithout(listed));
      const given = stringify(fullValue(listed.key), { collectionStyle: 'flow', lineWidth: 0 });
      const before = readConfig(text, {});
      const after = readConfig(text, { [variable]: given });
      expect(after.problems.filter((problem) => !problem.includes('does not have it yet'))).toEqual([]);
      expect(after.warnings).toEqual([]);
      expect(valueAt(after.config, listed)).toBeDefined();
      expect(valueAt(after.config, listed)).not.toEqual(valueAt(before.config, listed));
    },
  );

  it.each(rowsOf(all.filter(({ key }) => key.meta.replacement !== undefined)))(
    '$variable, which is an older one',
    ({ variable, listed }) => {
      const { problems, warnings } = readConfig(stringify(configWithout(listed)), {
        [variable]: otherValue(listed.key),
      });
      expect(problems.filter((problem) => !problem.includes('does not have it yet'))).toEqual([]);
      if (!listed.planned)
        expect(warnings).toEqual([expect.stringMatching(/: an older key; use \S+ instead$/)]);
    },
  );
});

describe("the names of distribution's fields", () => {
  it.each([
    'REGISTRY_HEALTH_FILECHECKERS_N_FILE',
    'REGISTRY_HEALTH_HTTPCHECKERS_N_URI',
    'REGISTRY_HEALTH_TCPCHECKERS_N_ADDR',
    'REGISTRY_NOTIFICATIONS_EVENTCONFIG_INCLUDEREFERENCES',
    'REGISTRY_LOG_HOOKS_N_MAILOPTIONS_SMTP_PASSWORD',
    'REGISTRY_COMPATIBILITY_SCHEMA1_TRUSTKEY',
    'REGISTRY_HTTP_TLS_LETSENCRYPT_HOSTS_N',
  ])('%s is one of them', (variable) => {
    expect(all.flatMap(({ variables }) => variables)).toContain(variable);
  });
});

function withVariables(
  environment: Record<string, string>,
  text = 'version: 0.1',
): ReturnType<typeof readConfig> {
  return readConfig(text, environment);
}

describe('lists', () => {
  const text = 'version: 0.1\nhealth: {file: [{file: /a}, {file: /b}]}';

  it('take an item at an index, keys below it, and one more at the end', () => {
    const { config, warnings } = withVariables(
      {
        REGISTRY_HEALTH_FILE_0_INTERVAL: '5s',
        REGISTRY_HEALTH_FILE_1: '{file: /c}',
        REGISTRY_HEALTH_FILECHECKERS_2_FILE: '/d',
      },
      text,
    );
    expect(warnings).toEqual([]);
    expect(config?.health.file.map(({ file, interval }) => [file, interval])).toEqual([
      ['/a', 5000],
      ['/c', 10_000],
      ['/d', 10_000],
    ]);
  });

  it('take more than ten items, in the order of their indexes', () => {
    const environment = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`REGISTRY_HEALTH_FILE_${index}_FILE`, `/${index}`]),
    );
    const { config, warnings } = withVariables(environment);
    expect(warnings).toEqual([]);
    expect(config?.health.file.map(({ file }) => file)).toEqual(Object.values(environment));
  });

  it('are changed where they are, and not where an alias repeats them', () => {
    const shared = 'version: 0.1\nhealth: {http: [&a {uri: "http://a", headers: {X: [a]}}, *a]}';
    const { config } = withVariables({ REGISTRY_HEALTH_HTTP_0_HEADERS_X_0: 'b' }, shared);
    expect(config?.health.http.map(({ headers }) => headers)).toEqual([{ X: ['b'] }, { X: ['a'] }]);
  });

  it('skip no index', () => {
    const { config, warnings } = withVariables({ REGISTRY_HEALTH_FILE_3_FILE: '/d' }, text);
    expect(config?.health.file).toHaveLength(2);
    expect(warnings).toEqual([
      'REGISTRY_HEALTH_FILE_3_FILE skips an index, for health.file has 2 so far, and is ignored',
    ]);
  });

  it.each(['REGISTRY_HEALTH_FILE_2_NAME', 'REGISTRY_HEALTH_FILE_X', 'REGISTRY_HEALTH_FILE_0_FILE_X'])(
    'stay as they are when %s names nothing',
    (variable) => {
      const { config, warnings } = withVariables({ [variable]: 'x' }, text);
      expect(config?.health.file.map(({ file }) => file)).toEqual(['/a', '/b']);
      expect(warnings).toEqual([`${variable} names no key of config.yml and is ignored`]);
    },
  );
});

describe('keys of a map', () => {
  it.each([
    ['log: {fields: {a: "1", a_b: "2"}}', 'REGISTRY_LOG_FIELDS_A_B', 'x', { a: '1', a_b: 'x' }],
    ['log: {fields: {a: "1"}}', 'REGISTRY_LOG_FIELDS_A_B', 'x', { a: '1', a_b: 'x' }],
    ['log: {fields: {A-b: "1"}}', 'REGISTRY_LOG_FIELDS_A_B', 'x', { 'A-b': 'x' }],
    [
      'http: {headers: {X-A: [a], X-A-B: [b]}}',
      'REGISTRY_HTTP_HEADERS_X_A_B',
      '[x]',
      { 'X-A': ['a'], 'X-A-B': ['x'] },
    ],
    [
      'http: {headers: {X-A: [a], X-A-B: [b]}}',
      'REGISTRY_HTTP_HEADERS_X_A_B_1',
      'x',
      { 'X-A': ['a'], 'X-A-B': ['b', 'x'] },
    ],
    ['http: {headers: {X-A: [a]}}', 'REGISTRY_HTTP_HEADERS_X_A_B', '[x]', { 'X-A': ['a'], x_a_b: ['x'] }],
    ['http: {headers: {X-1: [a]}}', 'REGISTRY_HTTP_HEADERS_X_1', '[x]', { 'X-1': ['x'] }],
    ['http: {headers: {X-1: [a]}}', 'REGISTRY_HTTP_HEADERS_X_1_0', 'x', { 'X-1': ['x'] }],
  ])('of %s are told from others that begin alike by %s', (text, variable, value, expected) => {
    const { config, warnings } = withVariables({ [variable]: value }, `version: 0.1\n${text}`);
    expect(warnings).toEqual([]);
    expect(text.startsWith('log') ? config?.log.fields : config?.http.headers).toEqual(expected);
  });
});

describe('values', () => {
  it.each(['{a', '*a', '!a', '[a, b]', 'a: b', '@a', '#a', '%a', '"a'])(
    'of a text may be %j, whatever that means in YAML',
    (secret) => {
      expect(withVariables({ REGISTRY_HTTP_SECRET: secret }).config?.http.secret).toBe(secret);
    },
  );

  it.each(['', '~', 'null'])('may be %j, which takes a key away', (nothing) => {
    const text = 'version: 0.1\nhttp: {secret: a}';
    expect(withVariables({ REGISTRY_HTTP_SECRET: nothing }, text).config?.http.secret).toBeUndefined();
  });

  it.each([
    'REGISTRY_LOG_FIELDS_CONSTRUCTOR',
    'REGISTRY_LOG_FIELDS___PROTO__',
    'REGISTRY_HTTP_HEADERS_CONSTRUCTOR_0',
    'REGISTRY_CONSTRUCTOR',
    'REGISTRY___PROTO___X',
    'REGISTRY_',
    'REGISTRY__',
    'REGISTRY_LOG_FIELDS_',
    'REGISTRY_HTTP_',
  ])('change no object of the program: %s', (variable) => {
    const { config, problems } = withVariables({ [variable]: 'x' });
    expect(problems).toEqual([]);
    expect(config).toBeDefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('name the variable when they are wrong', () => {
    expect(
      withVariables({ REGISTRY_HTTP_TLS: '{certificate: /c}', REGISTRY_CATALOG_MAXENTRIES: 'x' }).problems,
    ).toEqual([
      'http.tls.key: is required (from REGISTRY_HTTP_TLS)',
      'catalog.maxentries: must be a whole number of at least 0, not "x" (from REGISTRY_CATALOG_MAXENTRIES)',
    ]);
  });
});
