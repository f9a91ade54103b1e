import { type Branch, isBranch, isNull, ownValue, parseYaml, setOwnValue, type Tree } from './document.ts';
import { childKey, type Key, type SectionKey } from './keys.ts';

const prefix = 'REGISTRY_';
/** Variables of ours with this prefix that are no keys of config.yml. */
const otherVariables = new Set(['REGISTRY_CONFIGURATION_PATH']);

/** A section comes before the keys below it, and index 2 before index 10. */
const byName = new Intl.Collator('en', { numeric: true });

export interface Overrides {
  readonly problems: string[];
  readonly warnings: string[];
  /** Which variable set which place, in the order of setting. */
  readonly origins: { readonly path: readonly string[]; readonly variable: string }[];
}

/**
 * Applies the REGISTRY_* variables to the tree of config.yml, in the order of their names. Values are YAML; a
 * variable may set a whole section. Variables that name no key only warn: Kubernetes puts such names into every pod.
 */
export function applyEnvironment(
  tree: Branch,
  key: Key,
  environment: Readonly<Record<string, string | undefined>>,
): Overrides {
  const overrides: Overrides = { problems: [], warnings: [], origins: [] };
  for (const variable of Object.keys(environment).sort(byName.compare)) {
    const value = environment[variable];
    if (!variable.startsWith(prefix) || value === undefined || otherVariables.has(variable)) continue;
    const outcome = assign({ tree, key, name: variable.slice(prefix.length), path: [] }, (place) =>
      readValue(value, place, variable, overrides),
    );
    if (typeof outcome === 'string') overrides.warnings.push(`${variable} ${outcome} and is ignored`);
    else overrides.origins.push({ path: outcome, variable });
  }
  return overrides;
}

/** Where a variable's name has led so far: `name` is the rest of it, to be found below `tree`. */
interface Place {
  readonly tree: Branch;
  readonly key: Key;
  /** Undefined at its end. */
  readonly name: string | undefined;
  readonly path: readonly string[];
}
type Read = (key: Key) => Tree;
/** The path that was set, or why none was. */
type Outcome = readonly string[] | string;

const unknownName = 'names no key of config.yml';

function assign(place: Place, read: Read): Outcome {
  const { tree, key, name } = place;
  if (name === undefined || name === '') return unknownName;
  if (key.kind === 'map') return assignInMap(place, name, key.items, read);
  if (key.kind !== 'section') return unknownName;
  const found = [...key.children.keys()]
    .flatMap((child) => variableForms(key, child).map((form) => ({ child, form })))
    .filter(({ form }) => isPrefix(form, name))
    .sort((a, b) => b.form.length - a.form.length)[0];
  const child = found && childKey(key, found.child, tree);
  if (!found || !child) return unknownName;
  return assignBelow({ ...place, key: child, name: restOf(name, found.form) }, found.child, read);
}

/** A key of a map may hold `_` and digits, so one that is there already goes before an index at the end of the name. */
function assignInMap(place: Place, name: string, items: Key, read: Read): Outcome {
  const written = (form: string): string | undefined =>
    Object.keys(place.tree).find((key) => variableForm(key) === form);
  const whole = written(name);
  const [, form = name, index] =
    (whole === undefined && items.kind === 'list' && /^(.+)_(\d+)$/.exec(name)) || [];
  const child = whole ?? written(form) ?? form.toLowerCase();
  return assignBelow({ ...place, key: items, name: index }, child, read);
}

/** Sets the child `child`, or what the rest of the name means below it. `place.key` is the child's own. */
function assignBelow(place: Place, child: string, read: Read): Outcome {
  const { tree, key, name } = place;
  const path = [...place.path, child];
  if (name === undefined) {
    setOwnValue(tree, child, read(key));
    return path;
  }
  const current = ownValue(tree, child);
  if (key.kind === 'list') {
    const list = Array.isArray(current) ? [...current] : [];
    const outcome = assignInList(list, { ...place, key: key.items, path }, read);
    if (typeof outcome !== 'string') setOwnValue(tree, child, list);
    return outcome;
  }
  const below = sectionOf(current);
  const outcome = assign({ ...place, tree: below, path }, read);
  if (typeof outcome !== 'string') setOwnValue(tree, child, below);
  return outcome;
}

/** `place.key` is that of the items, and its name begins with an index. */
function assignInList(list: Tree[], place: Place, read: Read): Outcome {
  const [, digits, rest] = /^(\d+)(?:_(.+))?$/.exec(place.name ?? '') ?? [];
  if (digits === undefined) return unknownName;
  const index = Number(digits);
  if (index > list.length) return `skips an index, for ${place.path.join('.')} has ${list.length} so far,`;
  const path = [...place.path, String(index)];
  if (rest === undefined) {
    list[index] = read(place.key);
    return path;
  }
  const item = sectionOf(list[index]);
  const outcome = assign({ ...place, tree: item, name: rest, path }, read);
  if (typeof outcome !== 'string') list[index] = item;
  return outcome;
}

/**
 * The value of a variable: YAML, but where a text is wanted whatever else it is (a password may begin with `*`, `!` or
 * `{`) is that text.
 */
function readValue(value: string, key: Key, variable: string, overrides: Overrides): Tree {
  const { tree, problems, warnings } = parseYaml(value);
  const isText = key.kind === 'value' && (key.meta.kind === 'text' || key.meta.kind === 'url');
  if (isText && (typeof tree !== 'string' || /^(?:&|!(?!!))/.test(value)))
    return isNull(value) ? null : value;
  overrides.problems.push(...problems.map((problem) => `${variable}: ${problem}`));
  overrides.warnings.push(...warnings.map((warning) => `${variable}: ${warning}`));
  return tree;
}

/** A section as keys; the scalar form `storage: filesystem` means a section with that one empty key. */
export function sectionOf(tree: Tree | undefined): Branch {
  if (isBranch(tree)) return tree;
  return typeof tree === 'string' && tree !== '' ? { [tree]: {} } : {};
}

/** What follows `form` in the name of a variable. */
function restOf(name: string, form: string): string | undefined {
  return name.length === form.length ? undefined : name.slice(form.length + 1);
}

function isPrefix(key: string, name: string): boolean {
  return name === key || name.startsWith(`${key}_`);
}

/** The names of a child in variables: its key, and distribution's Go field where that is another. */
export function variableForms(section: SectionKey, child: string): string[] {
  const other = section.children.get(child)?.meta.variable;
  return other === undefined ? [variableForm(child)] : [variableForm(child), other];
}

function variableForm(key: string): string {
  return key.toUpperCase().replaceAll('-', '_');
}
