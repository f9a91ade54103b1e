import { stringify } from 'yaml';

/** Bytes for both keys together: an object of the API server has at most 1 MiB, names and all. */
const longest = 900 * 1024;
const longestText = longest / 3;
const longestJson = longest - longestText;

/** `plan.json` and `plan.txt` of a dry run. What is too long for a ConfigMap is cut, with a sentence that says so. */
export function planData(document: unknown): { 'plan.json': string; 'plan.txt': string } {
  const { text, ...rest } = isObject(document) ? document : { text: undefined, plan: document };
  const told = typeof text === 'string' ? text : stringify(document, { lineWidth: 0 });
  return { 'plan.json': shortJson(rest), 'plan.txt': shortText(told) };
}

/** It stays valid JSON: lists and maps lose their ends. */
function shortJson(document: object): string {
  const whole = jsonText(document);
  if (Buffer.byteLength(whole) <= longestJson) return whole;
  const truncated = sentence(Buffer.byteLength(whole), 'of each list and map only the beginning is shown');
  let text = '';
  for (let entries = 8192; entries >= 1; entries /= 2) {
    text = jsonText({ truncated, ...(shortened(document, entries) as object) });
    if (Buffer.byteLength(text) <= longestJson) return text;
  }
  return jsonText({ truncated });
}

function shortened(value: unknown, entries: number): unknown {
  if (Array.isArray(value)) return value.slice(0, entries).map((item) => shortened(item, entries));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).slice(0, entries);
  return Object.fromEntries(kept.map(([key, item]) => [key, shortened(item, entries)]));
}

function shortText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= longestText) return text;
  const end = `\n${sentence(bytes.length, 'only the beginning is shown')}\n`;
  const cut = bytes.subarray(0, longestText - Buffer.byteLength(end)).toString();
  return `${cut.slice(0, cut.lastIndexOf('\n') + 1)}${end}`;
}

function sentence(length: number, what: string): string {
  return `The plan has ${length} bytes, more than a ConfigMap holds: ${what}.`;
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
