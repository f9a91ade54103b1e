import { collect } from '../collection/collect.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { CommandError } from '../command-error.ts';
import { deleteManifest, findManifest, listChildren, listTags } from '../registry/catalog.ts';
import {
  deletedText,
  type DeletionPlan,
  needsConsent,
  planDeletion,
  planLines,
  type TaggedManifest,
} from '../registry/deletion-plan.ts';
import { mapPooled } from '../registry/pooled.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { mostConnections } from '../registry/stream-agent.ts';
import type { Session } from '../session.ts';
import { unknownImage } from './tags.ts';

/**
 * Deletes the manifest that a tag or digest names, and with `--gc` collects what it alone needed.
 * @throws CommandError when the image or the reference is unknown, or when more would go and nobody agreed to that
 */
export async function deleteImage(
  session: Session,
  [image = '', reference = '']: readonly string[],
): Promise<void> {
  const { flags, terminal, withRegistry } = session;
  if (flags.timeout !== undefined && !flags.gc) throw new UsageError('--timeout goes with --gc');
  await withRegistry(async (client) => {
    const plan = await planOf(session, client, { image, reference });
    for (const line of planLines(plan)) terminal.progress(line);
    if (needsConsent(plan)) await requireConsent(session);
    await deleteManifest(client, image, plan.digest);
    terminal.result(deletedText(plan));
  });
  if (!flags.gc) return;
  terminal.result(await collect(session, { deleteUntagged: true }));
  const left = await withRegistry((client) => listTags(client, image));
  if (left === undefined) terminal.result(`${image} is gone from the catalog`);
}

async function planOf(
  session: Session,
  client: RegistryClient,
  { image, reference }: { image: string; reference: string },
): Promise<DeletionPlan> {
  const tags = await listTags(client, image);
  if (tags === undefined) throw unknownImage(session, image);
  const found = await findManifest(client, image, reference);
  if (found === undefined) {
    throw new CommandError(
      `${image} has no tag or digest ${reference}; kubectl registry tags ${image} lists its tags`,
    );
  }
  const tagged = await mapPooled(tags, mostConnections, (tag) => taggedManifest(client, image, tag));
  const { digest } = found;
  return planDeletion({ image, reference, digest }, tagged.flat());
}

/** None when the tag was deleted meanwhile. */
async function taggedManifest(client: RegistryClient, image: string, tag: string): Promise<TaggedManifest[]> {
  const manifest = await findManifest(client, image, tag);
  if (manifest === undefined) return [];
  return [{ tag, digest: manifest.digest, children: await listChildren(client, image, manifest) }];
}

async function requireConsent({ flags, terminal }: Session): Promise<void> {
  if (flags.yes) return;
  const agreed = await terminal.confirm('Delete it?');
  if (agreed) return;
  throw new CommandError(
    agreed === undefined
      ? 'more would be deleted than was named; add --yes to delete it all'
      : 'nothing was deleted',
  );
}
