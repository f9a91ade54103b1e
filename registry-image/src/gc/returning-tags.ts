import type { CollectionOptions } from '../config/maintenance.ts';
import type { RepositoryContent, StoreContent, TagContent } from './content.ts';
import { createPackedMap } from './packed-map.ts';
import { createRetain, type Retain } from './retention.ts';
import type { TrashFile } from './trash-files.ts';

/**
 * Notes which tags of the trash come back. A sweep takes a tag by its name, whatever it names by then: a rename that came late, or beside a
 * replica that wrote too early, takes what was set after the last look. The rule that let the old one go keeps the new one.
 * @param now milliseconds since the epoch
 */
export function withReturningTags(
  content: StoreContent,
  files: Iterable<Pick<TrashFile, 'layout'>>,
  { options, now }: { options: Pick<CollectionOptions, 'retention'>; now: number },
): StoreContent {
  const retain = createRetain(options.retention, now, content.lastPull);
  const changed = new Map<string, RepositoryContent>();
  for (const name of repositoriesWithTags(files)) {
    const repository = content.repositories.get(name);
    if (repository) changed.set(name, { ...repository, tags: marked(name, repository, retain) });
  }
  if (changed.size === 0) return content;
  const { repositories } = content;
  return {
    ...content,
    repositories: createPackedMap({
      size: repositories.size,
      keys: () => repositories.keys(),
      get: (name) => changed.get(name) ?? repositories.get(name),
    }),
  };
}

function repositoriesWithTags(files: Iterable<Pick<TrashFile, 'layout'>>): Set<string> {
  const names = new Set<string>();
  for (const { layout } of files) if (layout?.kind === 'tagCurrentLink') names.add(layout.repository);
  return names;
}

function marked(name: string, repository: RepositoryContent, retain: Retain): Map<string, TagContent> {
  const all = new Map([...repository.tags].map(([tag, found]) => [tag, { ...found, trashed: false }]));
  const stays = retain(name, { ...repository, tags: all })?.stays;
  return new Map(
    [...repository.tags].map(([tag, found]) => {
      return [tag, found.trashed && stays?.has(tag) ? { ...found, returns: true } : found];
    }),
  );
}
