/** What the path of a blob's data is put behind: scheme, host and path alone, because clients get to see it. */
export function baseOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, '');
}
