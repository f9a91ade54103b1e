import {
  type Document,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';

export type Tree = { [key: string]: Tree } | Tree[] | string | null;
export type Branch = { [key: string]: Tree };

export interface ParsedDocument {
  readonly tree: Tree;
  readonly problems: string[];
  readonly warnings: string[];
}

/**
 * Reads YAML with every scalar as text. A key that is there twice is a warning and the last one wins, as in
 * distribution's own documents.
 */
export function parseYaml(source: string): ParsedDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(source, { schema: 'failsafe', merge: true, uniqueKeys: false, lineCounter });
  const problems = document.errors.map(describeError);
  const warnings: string[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (!isNode(key) || isScalar(key)) return;
      // `secret: {{ value }}` is a mapping whose key is a mapping.
      const { line, col } = lineCounter.linePos(key.range?.[0] ?? 0);
      problems.push(
        `not valid YAML: what stands for a key at line ${line}, column ${col} is no plain text; put quotes around it if it is a value`,
      );
    },
    Scalar(place, scalar) {
      if (place !== 'key' && scalar.type === 'PLAIN' && isNull(scalar.source ?? '')) scalar.value = null;
    },
    Map(_, map, ancestors) {
      const place = placeOf(map, ancestors);
      warnings.push(
        ...repeatedKeys(map).map(
          (name) => `${[...place, name].join('.')}: the key is there twice; the last one is used`,
        ),
      );
    },
  });
  if (problems.length > 0) return { tree: null, problems, warnings };
  return { ...treeOf(document), warnings };
}

function treeOf(document: Document): { tree: Tree; problems: string[] } {
  try {
    const tree: unknown = document.toJS({ maxAliasCount: 100 });
    // What an alias stands for becomes a copy: a variable that changes it there changes it nowhere else.
    return { tree: JSON.parse(JSON.stringify(tree)) as Tree, problems: [] };
  } catch {
    // The reason names the alias or the merged value, and that may be a secret.
    const problem =
      'not valid YAML: an alias or a merge key (<<) in it cannot be resolved; write the values out';
    return { tree: null, problems: [problem] };
  }
}

/** Errors whose message has nothing of the source, which may hold secrets. */
const plainErrors = new Set<string>([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'KEY_OVER_1024_CHARS',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'TAB_AS_INDENT',
]);

const ownReasons: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins where one is allowed; remove what follows',
};
const unexpected = 'Unexpected text; put quotes around it if it is a value';

function describeError(error: YAMLError): string {
  const [start] = error.linePos ?? [];
  const place = start ? ` at line ${start.line}, column ${start.col}` : '';
  // After the first line and its place, the parser quotes the source.
  const message = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
  const reason = plainErrors.has(error.code) ? message : (ownReasons[error.code] ?? unexpected);
  return `not valid YAML: ${reason}${place}`;
}

function repeatedKeys(map: YAMLMap): string[] {
  const names = map.items
    .map(({ key }) => (isScalar(key) ? String(key.value) : '<<'))
    .filter((name) => name !== '<<');
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** The path of a map in its document. */
function placeOf(map: YAMLMap, ancestors: readonly unknown[]): string[] {
  return ancestors.flatMap((ancestor, index) => {
    const next = (ancestors[index + 1] ?? map) as Node;
    if (isPair(ancestor)) return [isScalar(ancestor.key) ? String(ancestor.key.value) : '?'];
    return isSeq(ancestor) && !isPair(next) ? [String(ancestor.items.indexOf(next))] : [];
  });
}

/** Whether a plain scalar means that there is no value. */
export function isNull(source: string): boolean {
  return /^\s*(?:|~|null|Null|NULL)\s*$/.test(source);
}

export function isBranch(tree: unknown): tree is Branch {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

/** The value of an own key; the names of a config may be those of Object.prototype. */
export function ownValue<T>(branch: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(branch, key) ? branch[key] : undefined;
}

export function setOwnValue(branch: Branch, key: string, value: Tree): void {
  Object.defineProperty(branch, key, { value, enumerable: true, configurable: true, writable: true });
}

/** `key:` with nothing after it is a key that was not given. */
export function withoutEmptyKeys(tree: Tree): Tree {
  if (Array.isArray(tree)) return tree.map(withoutEmptyKeys);
  if (!isBranch(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, withoutEmptyKeys(value)]),
  );
}
