import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { Manifest } from '../../resources/manifest.ts';
import { quantityValue } from '../../api/quantity.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../kube/builtin-kinds.ts';
import { claim } from '../../resources/claim.ts';
import { requireOwnClaim } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';

/** `NAME-data`, which only grows; or a look at the claim that the user brings. */
export async function volume(context: StepContext): Promise<void> {
  const { registry, stores, applier, client } = context;
  const { namespace } = registry.metadata;
  const wanted = claim(registry);
  if (wanted !== undefined) {
    const ref = { namespace, name: wanted.metadata?.name ?? '' };
    const live = await applier.find(persistentVolumeClaims, stores.persistentVolumeClaims, ref);
    await applier.apply(
      persistentVolumeClaims,
      stores.persistentVolumeClaims,
      neverSmaller(wanted, live),
      (found) => requireOwnClaim(found, registry),
    );
    return;
  }
  const name = registry.spec.storage.filesystem.volume.existingClaim;
  if (name === undefined || (await client.find(persistentVolumeClaims, { namespace, name }))) return;
  const message = `spec.storage.filesystem.volume.existingClaim: PersistentVolumeClaim ${name} does not exist; create it`;
  throw new ProblemError(stalled('ClaimMissing', message));
}

/** A claim that a former Registry of this name left may be larger than the one asked for. */
function neverSmaller(
  wanted: Manifest<V1PersistentVolumeClaim>,
  live: PersistentVolumeClaim | undefined,
): Manifest<V1PersistentVolumeClaim> {
  const size = wanted.spec?.resources?.requests?.['storage'] ?? '';
  const held = live?.spec?.resources?.requests?.['storage'];
  if (held === undefined || quantityValue(held) <= quantityValue(size)) return wanted;
  return { ...wanted, spec: { ...wanted.spec, resources: { requests: { storage: held } } } };
}
