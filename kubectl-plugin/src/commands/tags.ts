import { CommandError } from '../command-error.ts';
import { findManifest, listTags } from '../registry/catalog.ts';
import { mapPooled } from '../registry/pooled.ts';
import { mostConnections } from '../registry/stream-agent.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

/** Lists the tags of an image, with their digests. @throws CommandError when there is no such image */
export async function tags(session: Session, [image = '']: readonly string[]): Promise<void> {
  const { flags, terminal } = session;
  const found = await session.withRegistry(async (client) => {
    const names = await listTags(client, image);
    if (names === undefined) throw unknownImage(session, image);
    const tagged = await mapPooled(names, mostConnections, async (tag) => {
      return { tag, digest: (await findManifest(client, image, tag))?.digest };
    });
    // A tag without a manifest was deleted meanwhile.
    return tagged.flatMap(({ tag, digest }) => (digest === undefined ? [] : { tag, digest }));
  });
  if (flags.output === 'json') return terminal.result(JSON.stringify(found, null, 2));
  if (found.length === 0) return terminal.progress(`${image} has no tags`);
  terminal.result(
    table(
      ['TAG', 'DIGEST'],
      found.map(({ tag, digest }) => [tag, digest]),
    ),
  );
}

export function unknownImage({ registry }: Pick<Session, 'registry'>, image: string): CommandError {
  return new CommandError(
    `Registry ${registry.metadata.name} has no image ${image}; kubectl registry view lists those it has`,
  );
}
