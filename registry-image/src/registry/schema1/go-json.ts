/**
 * JSON as Go's encoding/json writes it. A manifest of schema 1 is named by the digest of its text, so that a converted
 * one has the name that distribution gives it only when the texts are the same.
 */

/** @param indent what each level is indented by; without it everything is on one line */
export function goJson(value: unknown, indent?: string): string {
  const text = JSON.stringify(value, wellFormed, indent);
  return escapeForHtml(text).replace(/\\(.)/g, (escape, character) => {
    if (character === 'b') return '\\u0008';
    return character === 'f' ? '\\u000c' : escape;
  });
}

/** What Go's encoder does to text that is JSON already (`json.RawMessage`), white space aside. */
export function escapeForHtml(text: string): string {
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Go reads a lone surrogate as U+FFFD. */
function wellFormed(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

/** A time as Go writes it after it has read it; undefined when it is no time by RFC 3339. Absent: Go's zero time. */
export function goTime(value: unknown): string | undefined {
  if (value === undefined || value === null) return '0001-01-01T00:00:00Z';
  const found =
    typeof value === 'string' &&
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/.exec(value);
  if (!found || Number.isNaN(Date.parse(`${found[1] ?? ''}Z`))) return undefined;
  const [, seconds = '', fraction = '', zone = ''] = found;
  const digits = fraction.slice(0, 9).replace(/0+$/, '');
  return `${seconds}${digits === '' ? '' : `.${digits}`}${/^[+-]00:00$/.test(zone) ? 'Z' : zone}`;
}
