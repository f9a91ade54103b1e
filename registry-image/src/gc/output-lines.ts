import type { Mark } from './mark.ts';

/**
 * The lines of distribution 2.8's `garbage-collect`, its blank after the digest of a marked manifest included:
 * repositories by name, in each its revisions by digest, then what goes.
 */
export function* outputLines(mark: Mark): Generator<string> {
  const { content, plan, doomed } = mark;
  for (const [name, repository] of content.repositories) {
    if (!repository.inStore) continue;
    yield name;
    const dead = new Set(plan.repositories.get(name)?.deadRevisions);
    const stored = [...repository.revisions].filter(([, link]) => !link.trashed).map(([digest]) => digest);
    for (const digest of stored.sort()) {
      if (dead.has(digest)) yield `manifest eligible for deletion: ${digest}`;
      else yield* markedLines(name, digest, mark);
    }
  }
  const blobs = doomed.filter(({ kind }) => kind === 'blob');
  const manifests = doomed.filter(({ kind }) => kind === 'revision').length;
  yield '';
  yield `${plan.liveBlobs.size} blobs marked, ${blobs.length} blobs and ${manifests} manifests eligible for deletion`;
  for (const { digest } of blobs) yield `blob eligible for deletion: ${digest}`;
}

function* markedLines(name: string, digest: string, { content }: Mark): Generator<string> {
  yield `${name}: marking manifest ${digest} `;
  const manifest = content.manifests.get(digest);
  if (manifest === undefined || manifest === 'damaged') return;
  for (const reference of [...manifest.blobs, ...manifest.manifests])
    yield `${name}: marking blob ${reference}`;
}
