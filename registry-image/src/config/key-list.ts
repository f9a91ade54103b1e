import { variableForms } from './environment.ts';
import type { Key, SectionKey } from './keys.ts';

/** One place of config.yml in a flat list of all. */
export interface ListedKey {
  /** `http.addr`; `[]` stands for the items of a list, `[NAME]` for the item of that name, `*` for any key of a map. */
  readonly path: string;
  /** The variables that set it, in all spellings; `N` stands for an index, `NAME` for the key of a map. */
  readonly variables: readonly string[];
  readonly key: Key;
  /** Not there yet, itself or the section around it. */
  readonly planned: boolean;
}

/** Every key below `key`, parents before children, in the order of the schema. */
export function listKeys(key: Key): ListedKey[] {
  return below({ path: '', variables: ['REGISTRY'], key, planned: false });
}

function below(parent: ListedKey): ListedKey[] {
  return childrenOf(parent).flatMap((child) => [child, ...below(child)]);
}

function childrenOf(parent: ListedKey): ListedKey[] {
  const { key } = parent;
  if (key.kind === 'section') return childrenOfSection(parent, key);
  if (key.kind === 'list') return [descend(parent, '[]', ['N'], key.items), ...variantsOf(parent, key.items)];
  return key.kind === 'map' ? [descend(parent, '.*', ['NAME'], key.items)] : [];
}

function childrenOfSection(parent: ListedKey, key: SectionKey): ListedKey[] {
  if (key.meta.sameAs !== undefined) return [];
  const separator = parent.path === '' ? '' : '.';
  return [...key.children].map(([name, child]) =>
    descend(parent, separator + name, variableForms(key, name), child),
  );
}

/** `[cloudfront].options` for each variant of the items of a list. */
function variantsOf(list: ListedKey, items: Key): ListedKey[] {
  if (items.kind !== 'section' || !items.meta.variants) return [];
  const { of } = items.meta.variants;
  return [...items.variants].map(([name, variant]) =>
    descend(list, `[${name}].${of}`, [`N_${of.toUpperCase()}`], variant),
  );
}

function descend(parent: ListedKey, step: string, names: readonly string[], key: Key): ListedKey {
  return {
    path: parent.path + step,
    variables: parent.variables.flatMap((variable) => names.map((name) => `${variable}_${name}`)),
    key,
    planned: parent.planned || key.meta.planned === true,
  };
}
