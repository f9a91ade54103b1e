import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { removeFile, writeFileWhole } from './whole-file.ts';

/** What was written: path -> sha256 of each text that was or may have been written there, and the folders made for them. */
const WrittenFiles = z.object({
  files: z.record(z.string(), z.array(z.string())),
  directories: z.array(z.string()),
});
export type WrittenFiles = z.infer<typeof WrittenFiles>;

const TrustRecord = z.object({
  node: WrittenFiles,
  system: WrittenFiles,
  /** The command of the system store has yet to run for what was written or removed. */
  systemPending: z.enum(['update', 'refresh']).optional(),
});

/** What the pod of a NodeTrust wrote on a node. It is on the disk before anything is written that it names. */
export type TrustRecord = z.infer<typeof TrustRecord>;

/** Throws when there is a record that cannot be read: what was written is not known then. */
export async function loadRecord(file: string): Promise<TrustRecord> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) return parsed(file, text);
  const none = (): WrittenFiles => ({ files: {}, directories: [] });
  return { node: none(), system: none() };
}

function parsed(file: string, text: string): TrustRecord {
  try {
    return TrustRecord.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `${file} cannot be read; remove what this NodeTrust wrote on the node by hand, and then this file`,
    );
  }
}

/** A record that names nothing is removed. */
export async function saveRecord(file: string, record: TrustRecord): Promise<void> {
  const written = [record.node, record.system];
  const isEmpty = written.every(
    ({ files, directories }) => Object.keys(files).length === 0 && directories.length === 0,
  );
  if (isEmpty && record.systemPending === undefined) return removeFile(file);
  await mkdir(dirname(file), { recursive: true });
  await writeFileWhole(file, `${JSON.stringify(record)}\n`);
}
