import { CollectionMaintenance, collectionFile } from '@wharfinger/registry/config';
import { type ConfigMap, configMaps } from '../../kube/builtin-kinds.ts';
import { isConflict } from '../../kube/errors.ts';
import { maintenanceConfigMap, registryMaintenanceText } from '../../resources/config-maps.ts';
import { fieldManager, garbageCollections } from '../kind.ts';
import { requireOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';

export interface Maintenance {
  /** Text of registry.json. */
  readonly text: string;
  /** Whether a garbage collection holds writes now. */
  readonly collecting: boolean;
}

/** `registry.json` of `NAME-maintenance`; a `collection.json` there belongs to a GarbageCollection as long as that exists. */
export async function maintenance(context: StepContext): Promise<Maintenance> {
  const { registry, stores, applier } = context;
  const live = await applier.apply(configMaps, stores.configMaps, maintenanceConfigMap(registry), (found) =>
    requireOwned(configMaps.kind, found, registry),
  );
  const cached = stores.configMaps.get(live.metadata);
  const collection = cached?.data?.[collectionFile];
  const text = registryMaintenanceText(registry);
  if (cached === undefined || collection === undefined) return { text, collecting: false };
  const run = runOf(collection);
  if (run !== undefined && (await exists(context, run.run)))
    return { text, collecting: run.window !== undefined };
  await forgetCollection(context, cached);
  return { text, collecting: false };
}

/** Asks the API server too before it says no: the cache of GarbageCollections may be behind that of ConfigMaps. */
async function exists({ registry, stores, client }: StepContext, uid: string): Promise<boolean> {
  const { namespace } = registry.metadata;
  const isRun = (collection: { metadata: { uid?: string } }): boolean => collection.metadata.uid === uid;
  if (stores.garbageCollections.list(namespace).some(isRun)) return true;
  const { items } = await client.list(garbageCollections, { namespace });
  return items.some(isRun);
}

/** Writes come back when the run that held them is gone; the version sees to it that no newer run loses its file. */
async function forgetCollection({ client }: StepContext, live: ConfigMap): Promise<void> {
  const { resourceVersion } = live.metadata;
  const patch = { metadata: { resourceVersion }, data: { [collectionFile]: null } };
  try {
    await client.patchMerge(configMaps, live.metadata, patch, { fieldManager });
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

function runOf(text: string): CollectionMaintenance | undefined {
  try {
    return CollectionMaintenance.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
