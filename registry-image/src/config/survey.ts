import { type Branch, isBranch, type Tree } from './document.ts';
import { flag } from './fields.ts';
import { childKey, type Key, type SectionKey } from './keys.ts';

export interface Survey {
  /** What is given and not there yet, one sentence each. */
  readonly planned: string[];
  /** What is given by an older name. */
  readonly warnings: string[];
}

/** Looks for what is given although this registry does not have it yet, and for older names. */
export function survey(tree: Tree, key: Key, path: readonly string[] = []): Survey {
  const name = path.join('.');
  const { replacement, plannedWords = [] } = key.meta;
  const warnings = replacement === undefined ? [] : [`${name}: an older key; use ${replacement} instead`];
  if (key.meta.planned && isInUse(tree))
    return { planned: [`${name}: ${notYet} it yet; ${fixOf(key)}`], warnings };
  const word = plannedWords.find((planned) => typeof tree === 'string' && planned === tree.toLowerCase());
  const planned = word === undefined ? [] : [`${name}: ${notYet} ${word} yet; ${otherWords(key)}`];
  const below = childrenOf(tree, key).map(([child, value, childKey]) =>
    survey(value, childKey, [...path, child]),
  );
  return {
    planned: [...planned, ...below.flatMap((found) => found.planned)],
    warnings: [...warnings, ...below.flatMap((found) => found.warnings)],
  };
}

const notYet = 'this registry does not have';

/** An item that is disabled does nothing anyway. */
function isInUse(tree: Tree): boolean {
  const disabled = isBranch(tree) ? tree['disabled'] : undefined;
  return !flag.safeParse(disabled).data;
}

function fixOf(key: Key): string {
  const canDisable = key.kind === 'section' && key.children.has('disabled');
  return canDisable ? 'remove it or set disabled: true' : 'remove it';
}

function otherWords({ meta }: Key): string {
  return `write ${meta.words?.filter((word) => !meta.plannedWords?.includes(word)).join(' or ')}, or remove it`;
}

function childrenOf(tree: Tree, key: Key): [string, Tree, Key][] {
  if (key.kind === 'list' && Array.isArray(tree))
    return tree.map((item, index): [string, Tree, Key] => [String(index), item, key.items]);
  if (key.kind === 'map' && isBranch(tree))
    return Object.entries(tree).map(([name, value]): [string, Tree, Key] => [name, value, key.items]);
  return key.kind === 'section' && isBranch(tree) ? childrenOfSection(tree, key) : [];
}

function childrenOfSection(tree: Branch, key: SectionKey): [string, Tree, Key][] {
  return Object.entries(tree).flatMap(([name, value]): [string, Tree, Key][] => {
    const child = childKey(key, name, tree);
    return child && value !== null ? [[name, value, child]] : [];
  });
}
