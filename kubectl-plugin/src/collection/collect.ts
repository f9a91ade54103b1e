import { randomInt } from 'node:crypto';
import type { ServedGarbageCollection } from '@wharfinger/operator';
import { garbageCollections } from '../cluster/kinds.ts';
import { waitFor } from '../cluster/waiting.ts';
import { CommandError } from '../command-error.ts';
import { durationMs } from '../command-line/duration.ts';
import type { Session } from '../session.ts';
import { isOver, story } from './story.ts';

/** Fields of the spec of a GarbageCollection, beside its Registry. */
export interface CollectionWishes {
  readonly dryRun?: boolean;
  readonly deleteUntagged?: boolean;
  readonly minAge?: string;
  readonly undoFor?: string;
}

/** Letters and digits of the names that the API server generates: none that reads like another, or makes words. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** After this time without a sign of the operator it is told, in milliseconds. */
const patienceMs = 15_000;

type Parts = Pick<Session, 'cluster' | 'registry' | 'terminal' | 'flags'>;

/** Creates a GarbageCollection with a generated name. */
export async function createCollection(
  { cluster, registry, terminal }: Parts,
  wishes: CollectionWishes,
): Promise<ServedGarbageCollection> {
  const { name: registryName } = registry.metadata;
  const suffix = Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('');
  const created = await cluster.client.create(garbageCollections, {
    metadata: { name: `${registryName}-${suffix}`, namespace: cluster.namespace },
    spec: { registryRef: { name: registryName }, ...wishes },
  });
  terminal.progress(`garbagecollection.wharfinger.dev/${created.metadata.name} created`);
  return created;
}

/**
 * Tells each step of a run until it is over.
 * @returns the run as it succeeded
 * @throws CommandError with what the run says of its failure, or when it is deleted or takes longer than `--timeout`
 */
export async function followCollection(
  { cluster, terminal, flags }: Parts,
  created: ServedGarbageCollection,
): Promise<ServedGarbageCollection> {
  const { name, namespace, uid } = created.metadata;
  const began = performance.now();
  let last = created;
  let isTold = false;
  const look = async (): Promise<ServedGarbageCollection | undefined> => {
    const found = await cluster.client.find(garbageCollections, { namespace, name });
    if (found?.metadata.uid !== uid)
      throw new CommandError(`GarbageCollection ${name} was deleted before it ended`);
    for (const line of story(last.status, found.status)) terminal.progress(line);
    last = found;
    if (!isTold && found.status === undefined && performance.now() - began > patienceMs) {
      terminal.progress('nobody has taken it up yet; is the operator running?');
      isTold = true;
    }
    return isOver(found.status) ? found : undefined;
  };
  const ended = await waitFor(look, {
    limitMs: flags.timeout === undefined ? undefined : durationMs(flags.timeout, 'timeout'),
    late: () =>
      `GarbageCollection ${name} is still ${last.status?.phase ?? 'waiting'} after --timeout; it goes on`,
  });
  if (ended.status?.phase === 'Succeeded') return ended;
  throw new CommandError(
    `GarbageCollection ${name} failed: ${ended.status?.message ?? 'it does not say why'}`,
  );
}

/** Creates a GarbageCollection and follows it. @returns its last sentence. @throws CommandError when it fails */
export async function collect(parts: Parts, wishes: CollectionWishes): Promise<string> {
  const ended = await followCollection(parts, await createCollection(parts, wishes));
  return ended.status?.message ?? 'Done.';
}
