/**
 * Looks at the text of a JSON document for what its parsed form no longer shows: how much it is, and the exact spelling
 * of values. All but `extentOf` is for a text that JSON.parse has accepted.
 */

/** What it costs to read a document. */
export interface Extent {
  /** Objects and lists inside one another. */
  readonly depth: number;
  /** Objects, lists, and what stands behind a comma in them. */
  readonly parts: number;
  /** Names with their values, in all objects. */
  readonly members: number;
}

/** Measures a text that may be no JSON at all; 4 MiB of it take milliseconds. */
export function extentOf(text: Uint8Array): Extent {
  let depth = 0;
  let deepest = 0;
  let parts = 0;
  let members = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const byte = text[index];
    if (inString) {
      if (byte === 0x5c) index++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x2c) parts++;
    else if (byte === 0x3a) members++;
    else if (byte === 0x7b || byte === 0x5b) {
      parts++;
      deepest = Math.max(deepest, ++depth);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return { depth: deepest, parts, members };
}

/** A piece of JSON text that matters for its structure: `{ } [ ] : ,` or a whole string with its quotes. */
interface Token {
  readonly kind: string;
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
}

/** Members of all objects in a value that JSON.parse gave: fewer than in its text when a name occurs twice in one of them. */
export function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children: unknown[] = Object.values(value);
  return children.reduce<number>(
    (sum, child) => sum + membersIn(child),
    Array.isArray(value) ? 0 : children.length,
  );
}

/** The members of the object that a document is, with the exact text of their values. */
export function rawMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let name = '';
  let valueStart: number | undefined;
  for (const { kind, start, end } of tokensOf(text)) {
    const opens = kind === '{' || kind === '[';
    const closes = kind === '}' || kind === ']';
    if (depth === 1 && valueStart === undefined) {
      if (kind === '"') name = JSON.parse(text.slice(start, end)) as string;
      if (kind === ':') valueStart = end;
    } else if (depth === 1 && (closes || kind === ',')) {
      members.set(name, text.slice(valueStart, start).trim());
      valueStart = undefined;
    }
    depth += Number(opens) - Number(closes);
  }
  return members;
}

/** The same document without white space between its parts. */
export function compact(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const { kind, start, end } of tokensOf(text)) {
    parts.push(text.slice(from, start).trim(), kind === '"' ? text.slice(start, end) : kind);
    from = end;
  }
  parts.push(text.slice(from).trim());
  return parts.join('');
}

function* tokensOf(text: string): Generator<Token> {
  const structure = /[{}[\]:,"]/g;
  for (let found = structure.exec(text); found; found = structure.exec(text)) {
    const start = found.index;
    const [kind] = found;
    const end = kind === '"' ? endOfString(text, start) : start + 1;
    structure.lastIndex = end;
    yield { kind, start, end };
  }
}

function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}
