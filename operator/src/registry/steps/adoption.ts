import type { Registry } from '../../api/registry.ts';
import { secrets } from '../../kube/builtin-kinds.ts';
import { objectNames } from '../../resources/names.ts';
import { ownedMetadata } from '../../resources/owned-metadata.ts';
import { fieldManager } from '../kind.ts';
import { isOrphan } from '../ownership.ts';
import { referredSecrets } from '../referred-secrets.ts';
import type { StepContext } from '../step.ts';

/**
 * Takes up the Secrets that a restore brought back, or that stayed when a Registry was deleted without what it owned: they carry our labels and have
 * no owner. Other objects get their owner when they are applied; these are made once and never written again.
 */
export async function adoption({ registry, stores, client }: StepContext): Promise<void> {
  const { namespace } = registry.metadata;
  const referred = referredSecrets(registry);
  for (const name of madeOnce(registry)) {
    const secret = stores.secrets.get({ namespace, name });
    if (secret === undefined || referred.includes(name) || !isOrphan(secret, registry)) continue;
    const { uid, resourceVersion } = secret.metadata;
    const { ownerReferences } = ownedMetadata(registry, name);
    // The version sees to it that nobody else has taken it up meanwhile.
    await client.patchMerge(
      secrets,
      secret.metadata,
      { metadata: { uid, resourceVersion, ownerReferences } },
      { fieldManager },
    );
  }
}

/** Others that carry our labels are somebody's copies. */
function madeOnce({ metadata, spec }: Registry): string[] {
  const names = objectNames(metadata.name);
  const generated = (spec.auth?.htpasswd.users ?? []).filter((user) => user.passwordSecretRef === undefined);
  return [
    names.ca,
    names.intermediate,
    names.tls,
    names.htpasswd,
    names.http,
    ...generated.map((user) => names.user(user.name)),
  ];
}
