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
    Array.from(written, ([name, digests]) => {
      const known = repositories.get(name) ?? newRepository;
      return [name, { ...known, written: digests.union(known.written ?? new Set()) }];
    }),
  );
}

/** A store with what was committed to it as roots. */
export function withWritten(content: StoreContent, additions: readonly Addition[]): StoreContent {
  if (additions.length === 0) return content;
  const written = writtenRepositories(content, additions);
  return { ...content, repositories: new Map([...content.repositories, ...written]) };
}
