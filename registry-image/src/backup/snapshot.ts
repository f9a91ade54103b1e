import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { type Digest, parseDigest } from '../registry/digest.ts';
import { isRepositoryName, isTag } from '../registry/reference.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';
import { incomingPath, snapshotName, snapshotPath, snapshotsRoot } from './backup-layout.ts';

const format = 'wharfinger-backup/1';

const DigestText = z.string().transform((text, context): Digest => {
  const digest = parseDigest(text);
  if (digest === undefined) context.addIssue({ code: 'custom', message: `${text} is no digest` });
  return digest ?? 'sha256:';
});

/** What a snapshot knows of a repository: everything that a client can see of it, but for uploads under way. */
export const RepositoryRecord = z.object({
  repository: z.string().refine(isRepositoryName, 'it is no name of a repository'),
  /** Digest of a link and, where these differ, of what it names. */
  layers: z.array(z.tuple([DigestText, DigestText])),
  revisions: z.array(DigestText),
  tags: z.record(
    z.string().refine(isTag, 'it is no tag'),
    z.object({ current: DigestText, history: z.array(DigestText) }),
  ),
});
export type RepositoryRecord = z.infer<typeof RepositoryRecord>;

const Begin = z.object({ format: z.literal(format), created: z.string() });
const End = z.object({ end: z.literal(true), repositories: z.number().int() });

/** A snapshot that is being written: it exists for nobody until it is published. */
export interface SnapshotWriter {
  add(record: RepositoryRecord): Promise<void>;
  publish(): Promise<void>;
  /** Removes what was written and is not published. */
  discard(): Promise<void>;
}

export async function createSnapshot(target: StorageDriver, name: string): Promise<SnapshotWriter> {
  const path = incomingPath(`${name}-${randomUUID()}`);
  const appender = await target.appender(path);
  let size = 0;
  let repositories = 0;
  // Repositories are read side by side, lines are not to mix.
  let last = write({ format, created: new Date().toISOString() });

  async function write(line: object): Promise<void> {
    const text = Buffer.from(`${JSON.stringify(line)}\n`);
    size += text.length;
    await appender.write([text]);
  }

  function add(record: RepositoryRecord): Promise<void> {
    repositories += 1;
    last = last.then(() => write(record));
    return last;
  }

  return {
    add,
    async publish() {
      await last;
      await write({ end: true, repositories });
      await appender.finish();
      await appender.sync();
      await appender.close();
      await target.publish(path, snapshotPath(name), size);
    },
    async discard() {
      await last.catch(() => {});
      await appender.close();
      await target.delete(path);
    },
  };
}

/** Names of the snapshots in a backup, the oldest first. */
export async function listSnapshots(source: StorageDriver): Promise<string[]> {
  try {
    const files = await source.children(snapshotsRoot);
    return files.map(({ name }) => snapshotName(name)).filter((name) => name !== undefined);
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

/** The repositories of a snapshot, one after the other. @throws Error when it is not there, not whole or of another format */
export async function* readSnapshot(source: StorageDriver, name: string): AsyncGenerator<RepositoryRecord> {
  const content = await source.reader(snapshotPath(name));
  let count = 0;
  let hasBegun = false;
  let hasEnded = false;
  try {
    for await (const line of createInterface({
      input: Readable.from(copies(content)),
      crlfDelay: Infinity,
    })) {
      const parsed: unknown = JSON.parse(line);
      if (!hasBegun) {
        if (!Begin.safeParse(parsed).success)
          throw new Error(`snapshot ${name} is of another format than ${format}`);
        hasBegun = true;
        continue;
      }
      const end = End.safeParse(parsed);
      if (!end.success) {
        count += 1;
        yield RepositoryRecord.parse(parsed);
        continue;
      }
      hasEnded = end.data.repositories === count;
    }
  } finally {
    await content.close();
  }
  if (!hasEnded) throw new Error(`snapshot ${name} is not whole`);
}

/** The memory of a piece is used again by the driver. */
async function* copies(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of content) yield Buffer.from(piece);
}
