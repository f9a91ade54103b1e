import { type Branch, isBranch, ownValue, parseYaml, type Tree, withoutEmptyKeys } from './document.ts';
import { applyEnvironment, sectionOf } from './environment.ts';
import { childKey, type Key } from './keys.ts';
import { configKeys } from './schema.ts';

export interface EffectiveTree {
  /** Every scalar is text, and no default is filled in. */
  readonly tree: Tree;
  /** Which variable set which place, in the order of setting. */
  readonly origins: readonly { readonly path: readonly string[]; readonly variable: string }[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What config.yml says once the REGISTRY_* variables are applied, right or wrong; undefined when the text is no YAML mapping. */
export function effectiveTree(text: string, environment: Environment): EffectiveTree | undefined {
  const parsed = parseYaml(text);
  if (parsed.problems.length > 0 || !isBranch(parsed.tree)) return undefined;
  const { origins } = applyEnvironment(parsed.tree, configKeys, environment);
  return { tree: withoutEmptyKeys(parsed.tree), origins };
}

/** The value at a path of keys and indices, or undefined. A scalar in a section's place is that section with one empty key. */
export function treeAt(tree: Tree, path: readonly string[]): Tree | undefined {
  return path.reduce<Tree | undefined>((current, name) => {
    if (Array.isArray(current)) return current[Number(name)];
    return current === undefined ? undefined : ownValue(sectionOf(current), name);
  }, tree);
}

/** A place of config.yml that holds a password, a key or a token. */
export interface SecretPlace {
  readonly path: string;
  /** The variable that sets it. */
  readonly variable: string;
}

/** Where a tree has secrets in it. Maps whose values only may be secret (header fields, options) are left out. */
export function secretPlaces(tree: Tree): SecretPlace[] {
  return placesBelow(tree, configKeys, []).map((path) => ({
    path: path.join('.'),
    variable: ['REGISTRY', ...path.map((name) => name.toUpperCase().replaceAll('-', '_'))].join('_'),
  }));
}

function placesBelow(tree: Tree, key: Key, path: readonly string[]): (readonly string[])[] {
  if (key.meta.secret) return tree === null ? [] : [path];
  if (Array.isArray(tree)) {
    if (key.kind !== 'list') return [];
    return tree.flatMap((item, index) => placesBelow(item, key.items, [...path, String(index)]));
  }
  if (key.kind !== 'section' || !isBranch(tree)) return [];
  return Object.entries(tree satisfies Branch).flatMap(([name, value]) => {
    const child = childKey(key, name, tree);
    return child === undefined ? [] : placesBelow(value, child, [...path, name]);
  });
}
