import type { KubeObject } from '../kube/resource.ts';
import type { Indexes } from '../kube/store.ts';
import { attachmentsOf } from '../resources/attachments.ts';
import { instanceLabel, managedBy, managedByLabel, sharedFromLabel } from '../resources/labels.ts';
import type { ServedRegistry } from './kind.ts';
import { registryIdentities } from '../resources/identity.ts';

/** Of what Registries give away, and of ServiceAccounts: by `NAMESPACE/NAME` of the Registry. */
export const bySource = 'source';
/** Of Registries: by the name and port that clients use. */
export const byIdentity = 'identity';
/** Of Registries: those that give something away, under ''. */
export const bySharing = 'sharing';

/** Which Registry gave the object away, as its labels say. */
export function sourceOf({ metadata }: KubeObject): { namespace: string; name: string } | undefined {
  const { [sharedFromLabel]: namespace, [instanceLabel]: name, [managedByLabel]: by } = metadata.labels ?? {};
  if (namespace === undefined || name === undefined || by !== managedBy) return undefined;
  return { namespace, name };
}

export const sharedIndexes: Indexes<KubeObject> = {
  [bySource]: (object) => {
    const source = sourceOf(object);
    return source === undefined ? [] : [`${source.namespace}/${source.name}`];
  },
};

export const accountIndexes: Indexes<KubeObject> = {
  [bySource]: (account) => [...new Set(attachmentsOf(account).map(({ source }) => source))],
};

export const registryIndexes: Indexes<ServedRegistry> = {
  [byIdentity]: registryIdentities,
  [bySharing]: ({ spec }) => (spec.pullSecrets === undefined && spec.caBundle === undefined ? [] : ['']),
};
