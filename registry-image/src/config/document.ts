import { isScalar, parseDocument, visit } from 'yaml';

export type Tree = { [key: string]: Tree } | Tree[] | string | null;
export type Branch = { [key: string]: Tree };

const nulls = new Set(['', '~', 'null', 'Null', 'NULL']);

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
  const document = parseDocument(source, { schema: 'failsafe', merge: true, uniqueKeys: false });
  // The parser quotes the source in its messages after the first line, and the source may hold secrets.
  const problems = document.errors.map((error) => `not valid YAML: ${error.message.split('\n')[0]}`);
  const warnings: string[] = [];
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.value) && pair.value.type === 'PLAIN' && nulls.has(pair.value.source ?? ''))
        pair.value = null;
    },
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : undefined;
        if (name === undefined || name === '<<') continue;
        if (seen.has(name))
          warnings.push(
            `the key ${JSON.stringify(name)} is there twice in one section; the last one is used`,
          );
        seen.add(name);
      }
    },
  });
  if (problems.length > 0) return { tree: null, problems, warnings };
  return { tree: document.toJS({ maxAliasCount: 100 }) as Tree, problems, warnings };
}

export function isBranch(tree: Tree | undefined): tree is Branch {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
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
