import { collectionFile } from '@wharfinger/registry/config';
import { type ConfigMap, configMaps, type Pod } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import { annotateSync } from '../replicas/sync-annotation.ts';
import { fieldManager } from './kind.ts';

const syncAgainMs = 2000;

export interface MaintenanceWriterOptions {
  client: Client;
  now: () => number;
}

/** What was written for one run, so that nothing is written twice. */
export interface Written {
  text: string | null | undefined;
  resourceVersion: string;
  at: number;
  syncedAt: number;
}

/** Makes `collection.json` of a registry, and the kubelets of its pods, follow a run. */
export interface MaintenanceWriter {
  /** Makes the key say `text`, or be gone when it is null; does nothing when it was written before and still holds. */
  write(maintenance: ConfigMap, text: string | null, written: Written): Promise<void>;
  /** Has the kubelets of these pods look at the mounted file: at once after a change, then every 2 s. */
  sync(pending: readonly Pod[], written: Written): Promise<void>;
}

export function nothingWritten(): Written {
  return { text: undefined, resourceVersion: '', at: 0, syncedAt: 0 };
}

export function createMaintenanceWriter(options: MaintenanceWriterOptions): MaintenanceWriter {
  const { client, now } = options;

  async function write(maintenance: ConfigMap, text: string | null, written: Written): Promise<void> {
    if (written.text === text && !hasDrifted(maintenance, written, now())) return;
    const stored = text === null ? await remove(maintenance) : await put(maintenance, text);
    written.text = text;
    written.resourceVersion = stored.metadata.resourceVersion ?? '';
    written.at = now();
    written.syncedAt = 0;
  }

  function put({ metadata }: ConfigMap, text: string): Promise<ConfigMap> {
    const { name, namespace, uid } = metadata;
    const data = { [collectionFile]: text };
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, uid }, data };
    return client.apply(configMaps, manifest, { fieldManager });
  }

  /** An apply would take away only what nobody else has applied: a restored copy has another manager. */
  async function remove(maintenance: ConfigMap): Promise<ConfigMap> {
    const { metadata } = maintenance;
    const patch = { metadata: { uid: metadata.uid }, data: { [collectionFile]: null } };
    try {
      return await client.patchMerge(configMaps, metadata, patch, { fieldManager });
    } catch (error) {
      if (isNotFound(error)) return maintenance;
      throw error;
    }
  }

  async function sync(pending: readonly Pod[], written: Written): Promise<void> {
    if (pending.length === 0 || now() - written.syncedAt < syncAgainMs) return;
    written.syncedAt = now();
    const value = `collection-${written.resourceVersion}-${written.syncedAt}`;
    await Promise.all(pending.map((pod) => annotateSync(client, pod.metadata, value, { fieldManager })));
  }

  return { write, sync };
}

/** Somebody else changed the key; the cache needs a moment to show what we wrote ourselves. */
function hasDrifted(maintenance: ConfigMap, written: Written, now: number): boolean {
  const held = maintenance.data?.[collectionFile] ?? null;
  return held !== written.text && now - written.at > syncAgainMs;
}
