import type { Client } from '../kube/client.ts';
import { fieldManager, finalizer, nodeTrusts, type ServedNodeTrust } from './kind.ts';

export function hasFinalizer({ metadata }: ServedNodeTrust): boolean {
  return finalizersOf(metadata).includes(finalizer);
}

/** From now on the NodeTrust stays until no node has anything left of it. Rejects with a conflict when it changed since it was read. */
export function hold(client: Client, { metadata }: ServedNodeTrust): Promise<ServedNodeTrust> {
  return setFinalizers(client, metadata, [...finalizersOf(metadata), finalizer]);
}

/** Lets it go; rejects like `hold`. */
export function release(client: Client, { metadata }: ServedNodeTrust): Promise<ServedNodeTrust> {
  return setFinalizers(
    client,
    metadata,
    finalizersOf(metadata).filter((name) => name !== finalizer),
  );
}

function setFinalizers(
  client: Client,
  { name, uid, resourceVersion }: ServedNodeTrust['metadata'],
  finalizers: readonly string[],
): Promise<ServedNodeTrust> {
  const patch = { metadata: { uid, resourceVersion, finalizers } };
  return client.patchMerge(nodeTrusts, { name }, patch, { fieldManager });
}

function finalizersOf(metadata: ServedNodeTrust['metadata']): string[] {
  return (metadata as { finalizers?: string[] }).finalizers ?? [];
}
