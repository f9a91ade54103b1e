import { type Digest, parseDigest } from '../registry/digest.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { unreadableReason } from './content-error.ts';

export type LinkEntry =
  | { readonly kind: 'link'; readonly modified: number; readonly target?: Digest; readonly isFile?: true }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Looks at the link of a layer or a revision. What it names is told by its path; its content is only read when its
 * size is not that of the path's digest, or when `verify` asks for it.
 */
export async function readLinkEntry(
  reader: BoundedReader,
  path: string,
  digest: Digest,
  verify: boolean,
): Promise<LinkEntry> {
  try {
    const entry = await reader.stat(path);
    if (!entry) return { kind: 'absent' };
    if (entry.isDirectory) return { kind: 'unreadable', reason: 'it is a directory' };
    const { modified } = entry;
    const link = { kind: 'link' as const, modified, ...(!entry.isSymbolicLink && { isFile: true as const }) };
    if (!verify && entry.size === digest.length) return link;
    const target = await readLink(reader, path);
    if (target.kind !== 'digest') return target;
    if (target.digest === digest) return link;
    if (verify) return { kind: 'unreadable', reason: `it names ${target.digest}` };
    return { kind: 'link', modified, target: target.digest };
  } catch (error) {
    return unreadable(error);
  }
}

/** The digest that a small file names. */
export async function readLink(
  reader: BoundedReader,
  path: string,
): Promise<{ kind: 'digest'; digest: Digest } | { kind: 'absent' } | { kind: 'unreadable'; reason: string }> {
  try {
    const content = await reader.content(path);
    if (!content) return { kind: 'absent' };
    const digest = parseDigest(content.toString('utf8').trim());
    if (digest) return { kind: 'digest', digest };
    return { kind: 'unreadable', reason: content.length === 0 ? 'it is empty' : 'it holds no digest' };
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): { kind: 'unreadable'; reason: string } {
  const reason = unreadableReason(error);
  if (reason === undefined) throw error;
  return { kind: 'unreadable', reason };
}
