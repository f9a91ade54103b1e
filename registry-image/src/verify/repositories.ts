import { isRepositoryName } from '../registry/reference.ts';
import { repositoriesRoot } from '../storage/paths.ts';
import type { Context } from './context.ts';
import { nameOf, openDirectory } from './directory.ts';

const markers: ReadonlySet<string> = new Set(['_manifests', '_layers', '_uploads']);

/** The repositories of a store by name, each when it is found. */
export async function* findRepositories(context: Context): AsyncGenerator<string> {
  yield* walk(context, repositoriesRoot);
}

async function* walk(context: Context, path: string): AsyncGenerator<string> {
  const name = path.slice(repositoriesRoot.length + 1);
  const mayBeChild = (child: string): boolean => isRepositoryName(name === '' ? child : `${name}/${child}`);
  const { directories } = await openDirectory(context, path, {
    directory: (child) => mayBeChild(child) || (name !== '' && markers.has(child)),
  });
  if (directories.some((child) => markers.has(nameOf(child)))) yield name;
  for (const child of directories) if (!markers.has(nameOf(child))) yield* walk(context, child.path);
}
