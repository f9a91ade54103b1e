import type { Addition } from '../registry/journal.ts';
import { journalPath, journalRoot } from '../storage/paths.ts';
import type { BoundedReader } from './bounded-reader.ts';

/** The journal cannot tell what was committed since the mark began: the sentence says why. */
export class JournalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JournalError';
  }
}

/** What the journal tells, or undefined when it cannot; every other error is thrown. */
export async function ifTold<T>(told: Promise<T>): Promise<T | undefined> {
  try {
    return await told;
  } catch (error) {
    if (error instanceof JournalError) return undefined;
    throw error;
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
  const commits = new Map<string, readonly Addition[]>();
  // One file at a time, and of what has ended nothing is kept: two days of a busy registry are millions of commits.
  for (const file of await journalFiles(reader)) {
    const content = await reader.content(journalPath(file));
    if (!content) continue;
    const length = content.lastIndexOf(lineEnd) + 1;
    lengths.set(file, length);
    for (const record of recordsIn(file, content.subarray(0, length).toString())) follow(commits, record);
  }
  return { lengths, open: [...commits.values()].flat(), commits };
}

/**
 * What commits are about that have not ended, by commit, as far as the journal can be read: for whoever only keeps the more, the more it
 * tells.
 */
export async function openCommits(reader: BoundedReader): Promise<JournalPosition['commits']> {
  const commits = new Map<string, readonly Addition[]>();
  for (const file of await journalFiles(reader)) {
    const content = await reader.content(journalPath(file));
    if (!content) continue;
    for (const line of linesIn(content.subarray(0, content.lastIndexOf(lineEnd) + 1).toString())) {
      const record = recordOf(file, line);
      if (record) follow(commits, record);
    }
  }
  return commits;
}

/** Keeps the commits that have begun and not ended. */
function follow(commits: Map<string, readonly Addition[]>, record: JournalRecord): void {
  if (record.kind === 'end') commits.delete(record.commit);
  else commits.set(record.commit, [...(commits.get(record.commit) ?? []), record.addition]);
}

/**
 * What may have become visible since a mark noted its position: commits under way then, and all that began after. To be asked
 * when no commit section runs.
 * @throws JournalError
 */
export async function additionsSince(reader: BoundedReader, from: JournalPosition): Promise<Addition[]> {
  const additions = [...from.open];
  for await (const record of recordsSince(reader, from)) {
    if (record.kind === 'begin') additions.push(record.addition);
  }
  return additions;
}

/** Commits that have not ended by now, as a position told in whole: for a window, which has no time to read all that was there before. */
export async function openCommitsSince(
  reader: BoundedReader,
  from: JournalPosition,
): Promise<JournalPosition['commits']> {
  const commits = new Map(from.commits);
  for await (const record of recordsSince(reader, from)) follow(commits, record);
  return commits;
}

async function* recordsSince(reader: BoundedReader, from: JournalPosition): AsyncGenerator<JournalRecord> {
  const missing = new Set(from.lengths.keys());
  for (const file of await journalFiles(reader)) {
    const added = await addedTo(reader, file, from.lengths.get(file) ?? 0);
    if (added === undefined) continue;
    missing.delete(file);
    yield* recordsIn(file, added);
  }
  const [gone] = missing;
  if (gone !== undefined) throw new JournalError(`${journalPath(gone)} is gone`);
}

/** Whole records of a file from a position on, which is the end of a record; undefined when there is no such file. */
async function addedTo(reader: BoundedReader, file: string, position: number): Promise<string | undefined> {
  // With the end of the record before it, which shows that the file is as long as it was.
  const before = Math.min(position, 1);
  const added = await reader.contentFrom(journalPath(file), position - before);
  if (!added) return undefined;
  if (added.length < before) throw new JournalError(`${journalPath(file)} has become shorter`);
  if (before > 0 && added[0] !== lineEnd) throw new JournalError(`${journalPath(file)} is another file`);
  // Nobody writes now: a record without its line's end was cut off by a crash, before the first step of its commit.
  return added.subarray(before, Math.max(before, added.lastIndexOf(lineEnd) + 1)).toString();
}

/** Those of one process in the order in which it wrote them, so that a commit begins before it ends. */
async function journalFiles(reader: BoundedReader): Promise<string[]> {
  const files = ((await reader.children(journalRoot)) ?? []).map(({ name }) => name);
  return files.sort((one, other) => numberOf(one) - numberOf(other));
}

function numberOf(file: string): number {
  return Number(file.slice(file.lastIndexOf('.') + 1)) || 0;
}

const lineEnd = 0x0a;

type JournalRecord =
  | { readonly kind: 'begin'; readonly commit: string; readonly addition: Addition }
  | { readonly kind: 'end'; readonly commit: string };

const beginForm = /^\+ (\d+) (blob|manifest) (\S+) (\S+)$/;
const endForm = /^- (\d+)$/;

function* recordsIn(file: string, text: string): Generator<JournalRecord> {
  for (const line of linesIn(text)) {
    const record = recordOf(file, line);
    if (!record) throw new JournalError(`${journalPath(file)} has a line that is no record`);
    yield record;
  }
}

function linesIn(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function recordOf(file: string, line: string): JournalRecord | undefined {
  // A commit may end in the next file of its process.
  const process = file.slice(0, file.lastIndexOf('.'));
  const end = endForm.exec(line);
  if (end) return { kind: 'end', commit: `${process} ${end[1]}` };
  const begin = beginForm.exec(line);
  if (!begin) return undefined;
  const [, id, kind, repository = '', digest = ''] = begin;
  const addition = { kind: kind as Addition['kind'], repository, digest };
  return { kind: 'begin', commit: `${process} ${id}`, addition };
}
