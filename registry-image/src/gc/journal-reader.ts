import type { Addition } from '../registry/journal.ts';
import { journalPath, journalRoot } from '../storage/paths.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { nameOf } from './directory-walk.ts';

/** The journal cannot tell what was committed since the mark began: the sentence says why. */
export class JournalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JournalError';
  }
}

/** Where the journal was when a mark began. */
export interface JournalPosition {
  /** Bytes of each file, up to the end of its last whole record. */
  readonly lengths: ReadonlyMap<string, number>;
  /** What commits that had not ended then are about. */
  readonly open: readonly Addition[];
  /** The same, by commit. */
  readonly commits: ReadonlyMap<string, readonly Addition[]>;
}

/** Notes where the journal is. Whatever ended before this was asked for is visible in the store from now on. */
export async function journalPosition(reader: BoundedReader): Promise<JournalPosition> {
  const lengths = new Map<string, number>();
  const open = new Map<string, Addition[]>();
  const ended = new Set<string>();
  for (const { file, text } of await readFiles(reader)) {
    const length = text.lastIndexOf('\n') + 1;
    lengths.set(file, Buffer.byteLength(text.slice(0, length)));
    for (const record of recordsIn(file, text.slice(0, length))) {
      if (record.kind === 'end') ended.add(record.commit);
      else open.set(record.commit, [...(open.get(record.commit) ?? []), record.addition]);
    }
  }
  for (const commit of ended) open.delete(commit);
  return { lengths, open: [...open.values()].flat(), commits: open };
}

/**
 * What may have become visible since a mark noted its position: commits under way then, and all that began after. To be asked
 * when no commit section runs.
 * @throws JournalError
 */
export async function additionsSince(reader: BoundedReader, from: JournalPosition): Promise<Addition[]> {
  const additions = [...from.open];
  const missing = new Set(from.lengths.keys());
  for (const { file, text } of await readFiles(reader)) {
    missing.delete(file);
    const bytes = Buffer.from(text);
    const begin = from.lengths.get(file) ?? 0;
    if (bytes.length < begin) throw new JournalError(`${journalPath(file)} has become shorter`);
    // Nobody writes now: a record without its line's end was cut off by a crash, before the first step of its commit.
    const end = Math.max(begin, bytes.lastIndexOf('\n') + 1);
    for (const record of recordsIn(file, bytes.subarray(begin, end).toString())) {
      if (record.kind === 'begin') additions.push(record.addition);
    }
  }
  const [gone] = missing;
  if (gone !== undefined) throw new JournalError(`${journalPath(gone)} is gone`);
  return additions;
}

async function readFiles(reader: BoundedReader): Promise<{ file: string; text: string }[]> {
  const files: { file: string; text: string }[] = [];
  for (const entry of (await reader.list(journalRoot)) ?? []) {
    const content = await reader.content(entry.path);
    if (content) files.push({ file: nameOf(entry), text: content.toString('utf8') });
  }
  return files;
}

type JournalRecord =
  | { readonly kind: 'begin'; readonly commit: string; readonly addition: Addition }
  | { readonly kind: 'end'; readonly commit: string };

const beginForm = /^\+ (\d+) (blob|manifest) (\S+) (\S+)$/;
const endForm = /^- (\d+)$/;

function* recordsIn(file: string, text: string): Generator<JournalRecord> {
  // A commit may end in the next file of its process.
  const process = file.slice(0, file.lastIndexOf('.'));
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const end = endForm.exec(line);
    if (end) {
      yield { kind: 'end', commit: `${process} ${end[1]}` };
      continue;
    }
    const begin = beginForm.exec(line);
    if (!begin) throw new JournalError(`${journalPath(file)} has a line that is no record`);
    const [, id, kind, repository = '', digest = ''] = begin;
    const addition = { kind: kind as Addition['kind'], repository, digest };
    yield { kind: 'begin', commit: `${process} ${id}`, addition };
  }
}
