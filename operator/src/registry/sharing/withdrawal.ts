import { configMaps, secrets } from '../../kube/builtin-kinds.ts';
import type { Client } from '../../kube/client.ts';
import { isConflict } from '../../kube/errors.ts';
import { keyOf, type KubeObject, type ResourceKind } from '../../kube/resource.ts';
import { bySource } from '../indexes.ts';
import type { RegistryStores } from '../stores.ts';
import { attach } from './attaching.ts';

interface Surroundings {
  readonly client: Client;
  readonly stores: Pick<RegistryStores, 'configMaps' | 'secrets' | 'serviceAccounts'>;
}

/**
 * Deletes what the Registry `source` (`NAMESPACE/NAME`) gave away, but for the objects `kept` (`KIND NAMESPACE/NAME`). What cannot be
 * deleted does not hinder the rest.
 * @returns the errors
 */
export async function withdraw(
  { client, stores }: Surroundings,
  source: string,
  kept: ReadonlySet<string>,
): Promise<unknown[]> {
  const errors: unknown[] = [];
  const given: [ResourceKind, KubeObject][] = [
    ...stores.secrets.byIndex(bySource, source).map((one): [ResourceKind, KubeObject] => [secrets, one]),
    ...stores.configMaps
      .byIndex(bySource, source)
      .map((one): [ResourceKind, KubeObject] => [configMaps, one]),
  ];
  for (const [kind, { metadata }] of given) {
    if (kept.has(`${kind.kind} ${keyOf(metadata)}`) || metadata.deletionTimestamp !== undefined) continue;
    try {
      await client.delete(kind, metadata, { uid: metadata.uid, resourceVersion: metadata.resourceVersion });
    } catch (error) {
      // It changed since, perhaps to be no longer ours: the watch will tell.
      if (!isConflict(error)) errors.push(error);
    }
  }
  return errors;
}

/** Takes back all that a Registry gave away which is gone. Rejects when something of it stays, so that it is tried again. */
export async function withdrawAll(surroundings: Surroundings, source: string): Promise<void> {
  const { errors } = await attach(surroundings, source, new Map());
  const [first] = [...errors, ...(await withdraw(surroundings, source, new Set()))];
  if (first !== undefined) throw first;
}
