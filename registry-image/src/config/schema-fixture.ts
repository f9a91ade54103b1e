import type { ListedKey } from './key-list.ts';
import type { KeyMeta } from './key-meta.ts';
import type { Key, SectionKey } from './keys.ts';
import { configKeys } from './schema.ts';

type Value = string | Value[] | { [key: string]: Value };

/** A right value, as it is written, that is not the default. */
export function otherValue({ meta, fallback }: Key): string {
  switch (meta.kind) {
    case 'flag':
      return String(fallback !== true);
    case 'integer':
      return String(fallback ? Number(fallback) * 2 : (meta.minimum ?? 0) + 7);
    case 'duration':
      return '42s';
    case 'choice':
      return otherWord(meta, fallback);
    case 'url':
      return `${meta.example}/other`;
    case 'text':
    case 'anything':
    case undefined:
      return meta.example ?? 'other';
    default:
      return meta.kind satisfies never;
  }
}

function otherWord({ words = [], plannedWords = [] }: KeyMeta, fallback: unknown): string {
  return words.find((word) => word !== fallback && !plannedWords.includes(word)) ?? 'none';
}

/** A value of `key` in which every key is set, but the older ones. */
export function fullValue(key: Key): Value {
  if (key.kind === 'value') return otherValue(key);
  if (key.kind !== 'section') {
    return key.kind === 'list' ? [fullValue(key.items)] : { name: fullValue(key.items) };
  }
  const unchosen = key.meta.exclusive?.keys.slice(1);
  return childrenOf(
    key,
    ([name, child]) => child.meta.replacement === undefined && !unchosen?.includes(name),
  );
}

function requiredValue(key: Key): Value {
  if (key.kind === 'section') return childrenOf(key, ([, child]) => child.required);
  return key.kind === 'value' ? otherValue(key) : fullValue(key);
}

function childrenOf(key: SectionKey, wanted: (entry: [string, Key]) => boolean): { [key: string]: Value } {
  const entries = [...key.children].filter(wanted);
  return Object.fromEntries(
    entries.map(([name, child]) => [name, child.required ? requiredValue(child) : fullValue(child)]),
  );
}

const steps = /\[([a-z]*)\]|\.?([^.[\]]+)/g;

/** The config.yml in which only `listed` is missing, and around it what is required. */
export function configWithout(listed: ListedKey): Value {
  const path = [...listed.path.matchAll(steps)].map(([step, item, name]) => name ?? item ?? step);
  const config = around(configKeys, path, '');
  return { ...(path[0] === 'wharfinger' ? users : {}), ...(config as { [key: string]: Value }) };
}

/** Access rules need users. */
const users = { auth: { htpasswd: { realm: 'r', path: '/p' } } };

/** Keys without which a section is not right, and middleware that is not known only when it is disabled. */
const further: Readonly<Record<string, { [key: string]: Value }>> = {
  '/storage/s3': { region: 'r' },
  '/auth/token': { jwks: '/j' },
  '/wharfinger/access/': { users: ['u'] },
  '/middleware/registry/': { disabled: 'true' },
  '/middleware/repository/': { disabled: 'true' },
  '/middleware/storage/': { disabled: 'true' },
};

function around(key: Key, [step, ...rest]: readonly string[], path: string): Value | undefined {
  if (step === undefined) return undefined;
  const below = `${path}/${step}`;
  if (key.kind === 'list')
    return listOf(step === '' ? around(key.items, rest, below) : variantItem(key.items, step, rest));
  if (key.kind === 'map') return definedOnly({ name: around(key.items, rest, below) });
  if (key.kind !== 'section') return undefined;
  const child = key.children.get(step);
  const siblings = childrenOf(key, ([name, sibling]) => name !== step && sibling.required);
  const { [step]: _, ...others } = { ...siblings, ...further[path] };
  return { ...others, ...definedOnly({ [step]: child && around(child, rest, below) }) };
}

function variantItem(item: Key, name: string, [of = '', ...rest]: readonly string[]): Value | undefined {
  if (item.kind !== 'section') return undefined;
  const variant = item.variants.get(name);
  return { name, ...definedOnly({ [of]: variant && around(variant, rest, '') }) };
}

function listOf(item: Value | undefined): Value[] {
  return item === undefined ? [] : [item];
}

function definedOnly(values: Record<string, Value | undefined>): { [key: string]: Value } {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** What a parsed config holds at the path of `listed`. */
export function valueAt(config: unknown, listed: ListedKey): unknown {
  return [...listed.path.matchAll(steps)].reduce<unknown>((value, [, item, name]) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = item === undefined ? (name === '*' ? 'name' : (name ?? '')) : '0';
    return (value as Record<string, unknown>)[key];
  }, config);
}
