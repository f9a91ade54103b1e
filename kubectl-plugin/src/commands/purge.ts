import { collect } from '../collection/collect.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { CommandError } from '../command-error.ts';
import { deleteManifest, findManifest, listRepositories, listTags } from '../registry/catalog.ts';
import { mapPooled } from '../registry/pooled.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { mostConnections } from '../registry/stream-agent.ts';
import type { Session } from '../session.ts';

/** Deletes every image of a registry and collects all at once. @throws CommandError when there are images again */
export async function purge(session: Session): Promise<void> {
  const { flags, terminal, registry, withRegistry } = session;
  const { name } = registry.metadata;
  if (!flags['yes-delete-everything']) {
    throw new UsageError(`purge deletes every image of Registry ${name}; add --yes-delete-everything`);
  }
  await withRegistry(async (client) => {
    for (const repository of await listRepositories(client)) {
      const deleted = await deleteTagged(client, repository);
      terminal.progress(`deleted ${deleted} ${deleted === 1 ? 'manifest' : 'manifests'} of ${repository}`);
    }
  });
  const message = await collect(session, { deleteUntagged: true, minAge: '0s', undoFor: '0s' });
  const left = await withRegistry(leftIn);
  if (left.tagged.length > 0) {
    const names = left.tagged.join(', ');
    throw new CommandError(
      `${message} Registry ${name} has images again: ${names}; stop the pushes and purge again`,
    );
  }
  const rest =
    left.untagged.length === 0
      ? `Registry ${name} is empty.`
      : `Registry ${name} has no image; unfinished uploads keep a place in the catalog for ${left.untagged.join(', ')}.`;
  terminal.result(`${message} ${rest}`);
}

/** The repositories that are still listed, with a tag and without. */
async function leftIn(client: RegistryClient): Promise<{ tagged: string[]; untagged: string[] }> {
  const tagged: string[] = [];
  const untagged: string[] = [];
  for (const repository of await listRepositories(client)) {
    const tags = await listTags(client, repository);
    (tags?.length ? tagged : untagged).push(repository);
  }
  return { tagged, untagged };
}

/** Deletes what the tags of a repository lead to; the collection takes what has no tag. @returns how many manifests */
async function deleteTagged(client: RegistryClient, repository: string): Promise<number> {
  const tags = (await listTags(client, repository)) ?? [];
  const found = await mapPooled(tags, mostConnections, async (tag) => {
    // A tag whose manifest is lost goes by its own name; a collection would keep all that it may have led to.
    return (await findManifest(client, repository, tag))?.digest ?? tag;
  });
  const references = [...new Set(found)];
  await mapPooled(references, mostConnections, (each) => deleteManifest(client, repository, each));
  return references.length;
}
