import { serviceAccounts } from '../../kube/builtin-kinds.ts';
import type { Client } from '../../kube/client.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { keyOf } from '../../kube/resource.ts';
import { attachmentPatch } from '../../resources/attachments.ts';
import { bySource } from '../indexes.ts';
import { fieldManager } from '../kind.ts';
import type { RegistryStores } from '../stores.ts';

/** Secrets by the ServiceAccount (`NAMESPACE/NAME`) to whose imagePullSecrets they belong. */
export type Attachments = ReadonlyMap<string, ReadonlySet<string>>;

interface Attaching {
  /** ServiceAccounts (`NAMESPACE/NAME`) that do not exist. */
  readonly missing: readonly string[];
  readonly errors: readonly unknown[];
}

/**
 * Attaches exactly these Secrets for one Registry. A ServiceAccount that cannot be changed does not hinder the others.
 */
export async function attach(
  { client, stores }: { client: Client; stores: Pick<RegistryStores, 'serviceAccounts'> },
  source: string,
  wanted: Attachments,
): Promise<Attaching> {
  const current = stores.serviceAccounts.byIndex(bySource, source).map(({ metadata }) => keyOf(metadata));
  const missing: string[] = [];
  const errors: unknown[] = [];
  for (const key of new Set([...current, ...wanted.keys()])) {
    const [namespace, name = ''] = key.split('/');
    const account = stores.serviceAccounts.get({ namespace, name });
    if (account === undefined) {
      missing.push(key);
      continue;
    }
    const patch = attachmentPatch(account, source, wanted.get(key) ?? new Set());
    if (patch === undefined) continue;
    try {
      await client.patchMerge(serviceAccounts, { namespace, name }, patch, { fieldManager });
    } catch (error) {
      // Somebody was faster: the watch will tell, and then this is done again.
      if (!isConflict(error) && !isNotFound(error)) errors.push(error);
    }
  }
  return { missing, errors };
}
