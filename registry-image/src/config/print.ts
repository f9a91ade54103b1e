import { stringify } from 'yaml';
import { formatDuration } from './duration.ts';
import { childKey, type Key, type SectionKey } from './keys.ts';
import { type Config, configKeys } from './schema.ts';

/** What is printed in place of a secret. */
const mask = '********';

type Values = Readonly<Record<string, unknown>>;

/** The text of a config.yml that means `config`, with every default written out; in place of secrets is a mask. */
export function printConfig(config: Config): string {
  return stringify(written(config, configKeys), { lineWidth: 0, aliasDuplicateObjects: false });
}

function written(value: unknown, key: Key): unknown {
  if (value === undefined) return undefined;
  if (key.kind === 'section') return writtenSection(value as Values, key);
  if (key.kind === 'list') return (value as unknown[]).map((item) => written(item, key.items));
  if (key.kind === 'map') {
    return Object.fromEntries(
      Object.entries(value as Values).map(([name, item]) => [name, written(item, key.items)]),
    );
  }
  if (key.meta.secret) return mask;
  // Options of middleware that is disabled are as they were written.
  if (key.meta.kind === 'duration' && typeof value === 'number') return formatDuration(value);
  return key.meta.kind === 'url' && typeof value === 'string' ? withoutPassword(value) : value;
}

function writtenSection(values: Values, key: SectionKey): Record<string, unknown> {
  const { exclusive } = key.meta;
  const others = exclusive?.keys.filter((name) => name !== exclusive.fallback && values[name] !== undefined);
  const unused = others?.length ? exclusive?.fallback : undefined;
  return Object.fromEntries(
    [...key.children.keys()].flatMap((name) => {
      const child = childKey(key, name, values);
      const value = child && name !== unused ? written(values[name], child) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A user name without a password is a token. */
function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return address;
  const parsed = new URL(address);
  if (parsed.password !== '') parsed.password = mask;
  else if (parsed.username !== '') parsed.username = mask;
  else return address;
  return parsed.href;
}
