/** A part of a list in lexical order; `more` tells that it goes on. */
export interface Page {
  readonly items: string[];
  readonly more: boolean;
}

/** The part of a sorted list after `last` (which need not be in it), at most `limit` long. */
export function pageOf(sorted: readonly string[], page: { last?: string; limit?: number }): Page {
  const { last, limit = Infinity } = page;
  const rest = last === undefined ? [...sorted] : sorted.filter((item) => item > last);
  return { items: rest.slice(0, limit), more: limit > 0 && rest.length > limit };
}
