import { type Branch, isBranch, parseYaml, type Tree } from './document.ts';
import type { Keys } from './keys.ts';

const prefix = 'REGISTRY_';
/** Variables of ours with this prefix that are no keys of config.yml. */
const otherVariables = new Set(['REGISTRY_CONFIGURATION_PATH']);

/**
 * Applies the REGISTRY_* variables to the tree of config.yml, in the lexical order of their names. Values are YAML; a
 * variable may set a whole section. Variables that name no key only warn: Kubernetes puts such names into every pod.
 */
export function applyEnvironment(
  tree: Branch,
  keys: Keys,
  environment: Readonly<Record<string, string | undefined>>,
): { problems: string[]; warnings: string[] } {
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const name of Object.keys(environment).sort()) {
    const value = environment[name];
    if (!name.startsWith(prefix) || value === undefined || otherVariables.has(name)) continue;
    const parsed = parseYaml(value);
    const target = parsed.problems.length > 0 ? structuredClone(tree) : tree;
    if (!setValue(target, keys, name.slice(prefix.length), parsed.tree)) {
      warnings.push(`${name} names no key of config.yml and is ignored`);
      continue;
    }
    problems.push(...parsed.problems.map((problem) => `${name}: ${problem}`));
    warnings.push(...parsed.warnings.map((warning) => `${name}: ${warning}`));
  }
  return { problems, warnings };
}

/** Sets what `name` (the rest of the variable's name) means below `tree`; false when it means nothing. */
function setValue(tree: Branch, keys: Keys, name: string, value: Tree): boolean {
  if (keys.kind === 'map') return setInMap(tree, keys.items, name, value);
  if (keys.kind !== 'section') return false;
  const matching = [...keys.children].filter(([key]) => isPrefix(variableForm(key), name));
  const longest = matching.sort(([a], [b]) => b.length - a.length)[0];
  if (!longest) return false;
  const [key, child] = longest;
  return setBelow(tree, key, child, name.slice(key.length + 1), value);
}

function setInMap(tree: Branch, items: Keys, name: string, value: Tree): boolean {
  const written = Object.keys(tree).find((key) => isPrefix(variableForm(key), name));
  if (written !== undefined) return setBelow(tree, written, items, name.slice(written.length + 1), value);
  const indexed = items.kind === 'list' ? /^(.+)_(\d+)$/.exec(name) : null;
  return setBelow(tree, (indexed?.[1] ?? name).toLowerCase(), items, indexed?.[2] ?? '', value);
}

function setBelow(tree: Branch, key: string, keys: Keys, rest: string, value: Tree): boolean {
  if (rest === '' || keys.kind === 'planned') {
    tree[key] = value;
    return true;
  }
  const current = tree[key];
  if (keys.kind === 'list') {
    const list = Array.isArray(current) ? current : [];
    if (!/^\d+$/.test(rest) || Number(rest) > list.length) return false;
    list[Number(rest)] = value;
    tree[key] = list;
    return true;
  }
  const below = sectionOf(current);
  if (!setValue(below, keys, rest, value)) return false;
  tree[key] = below;
  return true;
}

/** A section as keys; the scalar form `storage: filesystem` means a section with that one empty key. */
export function sectionOf(tree: Tree | undefined): Branch {
  if (isBranch(tree)) return tree;
  return typeof tree === 'string' && tree !== '' ? { [tree]: {} } : {};
}

function isPrefix(key: string, name: string): boolean {
  return name === key || name.startsWith(`${key}_`);
}

function variableForm(key: string): string {
  return key.toUpperCase().replaceAll('-', '_');
}
