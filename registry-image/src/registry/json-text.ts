/**
 * Looks at the text of a JSON document that JSON.parse has accepted, for what its parsed form no longer shows: names
 * that occur twice, depth, and the exact spelling of values.
 */

/** A piece of JSON text that matters for its structure: `{ } [ ] : ,` or a whole string with its quotes. */
interface Token {
  readonly kind: string;
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
}

/**
 * What makes a document mean different things to different readers, as a sentence; undefined when there is nothing.
 * RFC 8259, 4: "The names within an object SHOULD be unique", else "the behavior of software […] is unpredictable".
 */
export function ambiguityOf(text: string, maximumDepth: number): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let atName = false;
  for (const { kind, start, end } of tokensOf(text)) {
    if (kind === '{' || kind === '[') {
      open.push(kind === '{' ? new Set() : undefined);
      if (open.length > maximumDepth) return `it is nested more than ${maximumDepth} levels deep`;
    }
    if (kind === '}' || kind === ']') open.pop();
    if (kind === '"' && atName) {
      const name = JSON.parse(text.slice(start, end)) as string;
      const names = open.at(-1);
      if (names?.has(name)) return `the name ${JSON.stringify(name.slice(0, 64))} occurs twice in one object`;
      names?.add(name);
    }
    atName = kind === '{' || (kind === ',' && open.at(-1) !== undefined);
  }
  return undefined;
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
