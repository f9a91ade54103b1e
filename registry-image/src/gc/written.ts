import type { Addition } from '../registry/journal.ts';
import type { RepositoryContent, StoreContent } from './content.ts';

const newRepository: RepositoryContent = {
  inStore: true,
  tags: new Map(),
  revisions: new Map(),
  layers: new Map(),
  uploads: new Map(),
  problems: [],
};

/** The repositories to which something was committed, with what it was as roots. */
export function writtenRepositories(
  { repositories }: Pick<StoreContent, 'repositories'>,
  additions: readonly Addition[],
): Map<string, RepositoryContent> {
  const written = new Map<string, Set<string>>();
  for (const { repository, digest } of additions) {
    written.set(repository, (written.get(repository) ?? new Set()).add(digest));
  }
  return new Map(
    Array.from(written, ([name, digests]) => [
      name,
      { ...(repositories.get(name) ?? newRepository), written: digests },
    ]),
  );
}
