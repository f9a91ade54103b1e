import { listRepositories, listTags } from '../registry/catalog.ts';
import { mapPooled } from '../registry/pooled.ts';
import { mostConnections } from '../registry/stream-agent.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

/** Lists the repositories, with the number of their tags. */
export async function view({ flags, terminal, withRegistry }: Session): Promise<void> {
  const repositories = await withRegistry(async (client) => {
    const names = await listRepositories(client);
    return mapPooled(names, mostConnections, async (repository) => {
      return { repository, tags: (await listTags(client, repository))?.length ?? 0 };
    });
  });
  if (flags.output === 'json') return terminal.result(JSON.stringify(repositories, null, 2));
  if (repositories.length === 0) return terminal.progress('no repositories');
  const rows = repositories.map(({ repository, tags }) => [repository, String(tags)]);
  terminal.result(table(['REPOSITORY', 'TAGS'], rows));
}
