import { createHash } from 'node:crypto';

/** On every object we apply: a hash of the manifest, so that a field taken out of it is noticed. */
export const appliedAnnotation = 'wharfinger.dev/applied';

/** A hash of a manifest; the order of keys does not count. */
export function manifestHash(manifest: object): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(manifest)))
    .digest('hex')
    .slice(0, 32);
}

/** Whether `live` holds all that `wanted` says; what it holds beyond that is the business of others. */
export function includes(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length !== wanted.length) return false;
    return wanted.every((item, index) => includes(live[index], item));
  }
  if (typeof wanted !== 'object' || wanted === null) return live === wanted;
  if (typeof live !== 'object' || live === null) return Object.keys(wanted).length === 0;
  return Object.entries(wanted).every(([key, value]) =>
    includes((live as Record<string, unknown>)[key], value),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}
