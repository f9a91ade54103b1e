import { expect, it } from 'vitest';
import { type ListedKey, listKeys } from './key-list.ts';
import { configReference } from './reference.ts';
import { configKeys } from './schema.ts';

const all = listKeys(configKeys);

function isPlainItem({ path, key }: ListedKey): boolean {
  return key.kind === 'value' && path.endsWith('[]');
}

it('every key has a description of one sentence', () => {
  const wrong = all.filter(
    (listed) => !isPlainItem(listed) && !/^\S.*\.$/.test(listed.key.meta.description ?? ''),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

it('every key of a value has a kind, and a choice its words', () => {
  const values = all.filter(({ key }) => key.kind === 'value');
  expect(values.filter(({ key }) => key.meta.kind === undefined).map(({ path }) => path)).toEqual([]);
  expect(values.filter(({ key: { meta } }) => meta.kind === 'choice' && !meta.words?.length)).toEqual([]);
});

it('the reference has a row for each key, with its variables and what is not there yet', () => {
  const rows = new Map(
    configReference()
      .split('\n')
      .map((line) => line.split(' | '))
      .map(([key = '', ...cells]) => [key.replaceAll(/[| `]/g, ''), cells]),
  );
  for (const listed of all.filter((one) => !isPlainItem(one))) {
    const [type, , variables, meaning] = rows.get(listed.path) ?? [];
    expect(type, listed.path).toBeTruthy();
    for (const variable of listed.variables) expect(variables).toContain(`\`${variable}\``);
    expect(meaning?.includes('*Not there yet.*'), listed.path).toBe(listed.planned);
  }
});

it('only what needs an outside service is not there yet', () => {
  const planned = all.filter(({ key }) => key.meta.planned).map(({ path }) => path);
  expect(planned).toEqual([
    'log.hooks[]',
    ...['s3', 's3aws', 'azure', 'gcs', 'swift', 'oss'].map((driver) => `storage.${driver}`),
    'http.tls.letsencrypt',
    'notifications.events',
    'notifications.endpoints[]',
    'redis',
    'proxy',
    'reporting',
  ]);
  const words = all.flatMap(({ path, key }) => (key.meta.plannedWords ?? []).map((word) => [path, word]));
  expect(words).toEqual([
    ['storage.cache.blobdescriptor', 'redis'],
    ['storage.cache.layerinfo', 'redis'],
  ]);
});
