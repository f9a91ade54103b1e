import type { Settled } from './inspector.ts';
import type { Summary } from './verify.ts';

const actions = {
  found: '',
  repaired: ' [repaired]',
  recovered: ' [recovered from WHERE]',
  'set-aside': ' [set aside: WHERE]',
  left: ' [left]',
} as const;

/** The line of a damage. */
export function damageLine({ damage, outcome }: Settled, json: boolean): string {
  const { kind, path, repository, digest, detail } = damage;
  const { action, where } = outcome;
  if (json) return JSON.stringify({ damage: kind, path, repository, digest, detail, action, where });
  return `${kind} ${printable(path)}: ${oneLine(detail)}${actions[action].replace('WHERE', () => printable(where ?? ''))}`;
}

/** The last line. */
export function summaryLine(summary: Summary, json: boolean): string {
  if (json) return JSON.stringify({ summary });
  const { blobs, bytes, repositories, manifests, tags, layers, uploads, damages } = summary;
  const checked = `${blobs} blobs (${bytes} bytes), ${repositories} repositories, ${manifests} manifests, ${tags} tags, ${layers} layer links and ${uploads} uploads checked`;
  const all = Object.values(damages).reduce((sum, count) => sum + count, 0);
  if (all === 0) return `${checked}; no damage`;
  if (damages.found === all) return `${checked}; ${all} damages found`;
  const { repaired, recovered, left } = damages;
  return `${checked}; ${all} damages: ${repaired} repaired, ${recovered} recovered, ${damages['set-aside']} set aside, ${left} left`;
}

/** A name on disk may hold anything, also the end of a line. */
function printable(path: string): string {
  return /^[\x21-\x7e]*$/.test(path) ? path : JSON.stringify(path);
}

/** The reasons of a file system tell names too. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
}
