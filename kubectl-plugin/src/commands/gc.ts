import { configMaps, type ServedGarbageCollection } from '@wharfinger/operator';
import { createCollection, followCollection } from '../collection/collect.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { Session } from '../session.ts';

/** Creates a GarbageCollection and follows it to its end. @throws CommandError when it fails */
export async function gc(session: Session): Promise<void> {
  const { flags, terminal } = session;
  const wait = flags.wait ?? true;
  if (!wait && flags.timeout !== undefined) throw new UsageError('--timeout does not go with --wait=false');
  const created = await createCollection(session, {
    dryRun: flags['dry-run'],
    deleteUntagged: flags['delete-untagged'],
    minAge: flags['min-age'],
  });
  const shown = wait ? await followCollection(session, created) : created;
  if (flags.output === 'json') return terminal.result(jsonText(shown));
  if (!wait) return;
  const plan = await planOf(session, shown);
  if (plan !== undefined) terminal.result(plan);
  terminal.result(shown.status?.message ?? 'Done.');
}

/** What a dry run wrote down. */
async function planOf(
  { cluster }: Session,
  { metadata, status }: ServedGarbageCollection,
): Promise<string | undefined> {
  if (status?.planRef === undefined) return undefined;
  const ref = { namespace: metadata.namespace, name: status.planRef.name };
  return (await cluster.client.find(configMaps, ref))?.data?.['plan.txt'];
}

/** Without the notes of who wrote which field, as kubectl prints it. */
function jsonText(object: ServedGarbageCollection): string {
  return JSON.stringify(object, (key, value: unknown) => (key === 'managedFields' ? undefined : value), 2);
}
