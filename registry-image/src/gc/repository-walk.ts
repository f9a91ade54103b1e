import { isRepositoryName } from '../registry/reference.ts';
import { repositoriesRoot } from '../storage/paths.ts';
import { type BoundedReader, forEachGrowing } from './bounded-reader.ts';
import { createDirectoryWalk } from './directory-walk.ts';

/** A repository found in the store. */
export interface FoundRepository {
  readonly name: string;
  /** True when it lies behind a symbolic link. */
  readonly linked: boolean;
  readonly problems: readonly string[];
}

const markers: ReadonlySet<string> = new Set(['_manifests', '_layers', '_uploads']);

/** Every repository by name; also one whose name the grammar refuses, because its content may be renamed back. */
export async function findRepositories(
  reader: BoundedReader,
): Promise<{ found: FoundRepository[]; unknown: string[] }> {
  const found: FoundRepository[] = [];
  const unknown: string[] = [];

  await forEachGrowing({ path: repositoriesRoot, linked: false }, async ({ path, linked }, add) => {
    const walk = createDirectoryWalk(reader, linked);
    const entries = await walk.directories(path);
    unknown.push(...walk.unknown);
    const name = path.slice(repositoriesRoot.length + 1);
    if (name !== '' && entries.some((entry) => markers.has(entry.name))) {
      found.push({ name, linked, problems: problemsOf(name, linked) });
    }
    for (const entry of entries) {
      if (!entry.name.startsWith('_')) add({ path: entry.path, linked: linked || entry.isSymbolicLink });
    }
  });
  return { found: found.sort((a, b) => (a.name < b.name ? -1 : 1)), unknown };
}

function problemsOf(name: string, linked: boolean): string[] {
  return [
    ...(linked ? ['it lies behind a symbolic link'] : []),
    ...(isRepositoryName(name) ? [] : ['its name is not valid']),
  ];
}
