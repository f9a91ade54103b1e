import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalRoot } from '../../../registry-image/src/storage/paths.ts';

/**
 * What a killed process was committing, and what the manifests among that name: no collection gives it up while the journal has a commit
 * that did not end (docs/architecture.md, "Journal").
 * @param blobs digests with their files
 */
export async function unfinishedCommits(
  root: string,
  blobs: ReadonlyMap<string, string>,
): Promise<{ readonly digests: ReadonlySet<string>; readonly commits: number }> {
  const found = new Set<string>();
  const queue = await namedInJournal(root);
  const commits = queue.length;
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    const file = blobs.get(digest);
    if (file === undefined || found.has(digest)) continue;
    found.add(digest);
    const text = await readFile(file, 'utf8');
    if (text.startsWith('{')) queue.push(...(text.match(/sha256:[0-9a-f]{64}/g) ?? []));
  }
  return { digests: found, commits };
}

async function namedInJournal(root: string): Promise<string[]> {
  const begun: { commit: string; digest: string }[] = [];
  const ended = new Set<string>();
  for (const file of await readdir(join(root, journalRoot))) {
    const process = file.slice(0, file.lastIndexOf('.'));
    for (const line of (await readFile(join(root, journalRoot, file), 'utf8')).split('\n')) {
      const [sign, id, , , digest = ''] = line.split(' ');
      const commit = `${process} ${id}`;
      if (sign === '+') begun.push({ commit, digest });
      if (sign === '-') ended.add(commit);
    }
  }
  return begun.filter(({ commit }) => !ended.has(commit)).map(({ digest }) => digest);
}
