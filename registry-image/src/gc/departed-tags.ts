import { findDepartures } from '../registry/departures.ts';
import type { Addition } from '../registry/journal.ts';
import type { BoundedReader } from './bounded-reader.ts';
import type { StoreContent } from './content.ts';
import { readLink } from './link-entry.ts';
import { withWritten } from './written.ts';

/**
 * Notes what tags name that deletions took away and may yet put back (registry/departures.ts). To be asked after the store has been read: what
 * was taken since was seen there, and what was put back since is told by the journal. Throws an error of one sentence when one cannot be
 * read, for then nobody knows what it keeps alive.
 */
export async function withDepartedTags(reader: BoundedReader, content: StoreContent): Promise<StoreContent> {
  const additions: Addition[] = [];
  for (const { path, repository, doomed } of await findDepartures(reader)) {
    const link = await readLink(reader, `${path}/current/link`);
    if (link.kind === 'unreadable') throw new Error(`${path}/current/link cannot be read: ${link.reason}`);
    if (link.kind === 'digest' && link.digest !== doomed)
      additions.push({ kind: 'manifest', repository, digest: link.digest });
  }
  return withWritten(content, additions);
}
