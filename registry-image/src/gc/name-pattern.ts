/** Whether a whole name fits. */
export type NamePattern = (name: string) => boolean;

/**
 * Reads a pattern of names of repositories or tags: `*` stands for any characters but `/`, `**` for any characters, and everything else
 * for itself. The time of a match is bounded by the product of both lengths, whatever the pattern.
 */
export function namePattern(text: string): NamePattern {
  if (!text.includes('*')) return (name) => name === text;
  const parts = text.match(/\*\*?|[^*]/gu) ?? [];
  return (name) => {
    let reached = skipWildcards(parts, new Set([0]));
    for (const character of name) reached = skipWildcards(parts, step(parts, reached, character));
    return reached.has(parts.length);
  };
}

/** Whether a name fits one of the patterns. */
export function anyPattern(texts: readonly string[]): NamePattern {
  const patterns = texts.map(namePattern);
  return (name) => patterns.some((fits) => fits(name));
}

/** The positions in a pattern from which the rest of a name may go on, after one more character. */
function step(parts: readonly string[], from: ReadonlySet<number>, character: string): Set<number> {
  const next = new Set<number>();
  for (const position of from) {
    const part = parts[position];
    if (part === '**' || (part === '*' && character !== '/')) next.add(position);
    if (part === character) next.add(position + 1);
  }
  return next;
}

/** Wildcards may stand for nothing. */
function skipWildcards(parts: readonly string[], positions: Set<number>): Set<number> {
  for (const position of positions) {
    // What is added to a set while it is iterated is visited as well.
    if (parts[position]?.startsWith('*')) positions.add(position + 1);
  }
  return positions;
}
