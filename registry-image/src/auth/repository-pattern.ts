/** A pattern of repository names, cut into its path components. */
export type RepositoryPattern = readonly string[];

const anyComponents = '**';
const userVariable = '${user}';
/** What may stand in a component for a user's name: nothing that could reach across components or act as a pattern. */
const safeUser = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;

/**
 * Reads a pattern: `*` stands for any part of one path component, `**` (a whole component) for any number of components,
 * none included, and `${user}` for the name of the user who asks.
 */
export function parsePattern(text: string): RepositoryPattern {
  return text.split('/');
}

/** Whether a repository's name fits the pattern for this user ('' for nobody, whom `${user}` never fits). */
export function matchesPattern(pattern: RepositoryPattern, repository: string, user: string): boolean {
  return matchesSequence({
    pattern,
    items: repository.split('/'),
    wildcard: anyComponents,
    fits: (part, component) => matchesComponent(part, component, user),
  });
}

/** Whether the name of any repository below the path `prefix` can fit the pattern. */
export function mayMatchBelow(pattern: RepositoryPattern, prefix: string, user: string): boolean {
  for (const [index, component] of prefix.split('/').entries()) {
    const part = pattern[index];
    if (part === anyComponents) return true;
    if (part === undefined || !matchesComponent(part, component, user)) return false;
  }
  return pattern.length > prefix.split('/').length;
}

function matchesComponent(part: string, component: string, user: string): boolean {
  if (part.includes(userVariable) && !safeUser.test(user)) return false;
  const wanted = part.replaceAll(userVariable, () => user);
  // Splitting costs more than all else here, for every rule of every request.
  if (!wanted.includes('*')) return wanted === component;
  return matchesSequence({
    pattern: wanted.split(''),
    items: component.split(''),
    wildcard: '*',
    fits: (expected, character) => expected === character,
  });
}

/**
 * Whether the items fit the parts one by one, a wildcard standing for any number of items. Only the last wildcard is
 * ever tried again, so the time is bounded by the product of both lengths.
 */
function matchesSequence(options: {
  pattern: readonly string[];
  items: readonly string[];
  wildcard: string;
  fits: (part: string, item: string) => boolean;
}): boolean {
  const { pattern, items, wildcard, fits } = options;
  let part = 0;
  let item = 0;
  let retryPart = -1;
  let retryItem = 0;
  while (item < items.length) {
    const expected = pattern[part];
    if (expected === wildcard) {
      retryPart = ++part;
      retryItem = item;
    } else if (expected !== undefined && fits(expected, items[item] ?? '')) {
      part++;
      item++;
    } else if (retryPart >= 0) {
      part = retryPart;
      item = ++retryItem;
    } else {
      return false;
    }
  }
  while (pattern[part] === wildcard) part++;
  return part === pattern.length;
}
