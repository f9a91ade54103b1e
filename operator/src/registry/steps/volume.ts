import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { quantityValue } from '../../api/quantity.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../kube/builtin-kinds.ts';
import { claim } from '../../resources/claim.ts';
import type { Manifest } from '../../resources/manifest.ts';
import { type Growth, growthOf, refusedGrowth } from '../claim-growth.ts';
import { requireOwnClaim } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';

/** What is known of the claim. */
export interface VolumeFacts {
  readonly claim: string;
  /** What it grants; undefined until it is bound. */
  readonly capacity: string | undefined;
  /** An expansion that is under way. */
  readonly growth: Growth | undefined;
}

/** `NAME-data`, which only grows; or a look at the claim that the user brings. */
export async function volume(context: StepContext): Promise<VolumeFacts> {
  const wanted = claim(context.registry);
  return wanted === undefined ? givenClaim(context) : ownClaim(context, wanted);
}

async function ownClaim(
  context: StepContext,
  wanted: Manifest<V1PersistentVolumeClaim>,
): Promise<VolumeFacts> {
  const { registry, stores, applier } = context;
  const ref = { namespace: registry.metadata.namespace, name: wanted.metadata?.name ?? '' };
  const store = stores.persistentVolumeClaims;
  const live = await applier.find(persistentVolumeClaims, store, ref);
  if (live !== undefined) requireOwnClaim(live, registry);
  if (live?.metadata.deletionTimestamp !== undefined) throw new ProblemError(deletedClaim(ref.name));
  const manifest = withPossibleSize(wanted, live);
  try {
    await applier.apply(persistentVolumeClaims, store, manifest, (found) => requireOwnClaim(found, registry));
  } catch (error) {
    const problem = live && refusedGrowth(error, live, requested(wanted));
    if (problem === undefined) throw error;
    context.report(problem);
    return { ...factsOf(ref.name, live), growth: undefined };
  }
  // The answer to an apply of long ago tells nothing of the status.
  const current = store.get(ref) ?? live;
  const growth = current && growthOf(current, requested(manifest), requested(wanted));
  if (growth?.problem) context.report(growth.problem);
  return { ...factsOf(ref.name, current), growth: growth?.problem ? undefined : growth };
}

/** A pod that is ready has mounted the claim, so nobody need be asked for it. */
async function givenClaim({ registry, stores, client, before }: StepContext): Promise<VolumeFacts> {
  const { namespace, name: registryName } = registry.metadata;
  const name = registry.spec.storage.filesystem.volume.existingClaim ?? '';
  const set = stores.statefulSets.get({ namespace, name: registryName });
  const { capacity } = before.storage ?? {};
  if (capacity !== undefined && (set?.status?.readyReplicas ?? 0) > 0)
    return { claim: name, capacity, growth: undefined };
  const live = await client.find(persistentVolumeClaims, { namespace, name });
  if (live !== undefined) return factsOf(name, live);
  const message = `spec.storage.filesystem.volume.existingClaim: PersistentVolumeClaim ${name} does not exist; create it`;
  throw new ProblemError({ ...stalled('ClaimMissing', message), about: 'storage' });
}

function factsOf(name: string, live: PersistentVolumeClaim | undefined): VolumeFacts {
  return { claim: name, capacity: live?.status?.capacity?.['storage'], growth: undefined };
}

function deletedClaim(name: string): ProblemError['problem'] {
  const message = `PersistentVolumeClaim ${name} is being deleted, and with the last pod that uses it the images go; save them by a backup, or set the reclaim policy of its PersistentVolume to Retain, before you delete the pods`;
  return { ...stalled('ClaimDeleted', message), about: 'storage' };
}

/**
 * A claim that a former Registry of this name left may be larger than the one asked for. Kubernetes lets a claim grow only when it is bound, and go
 * back only to more than its volume has.
 */
function withPossibleSize(
  wanted: Manifest<V1PersistentVolumeClaim>,
  live: PersistentVolumeClaim | undefined,
): Manifest<V1PersistentVolumeClaim> {
  const held = live?.spec?.resources?.requests?.['storage'];
  if (held === undefined) return wanted;
  const size = quantityValue(requested(wanted));
  const capacity = live?.status?.capacity?.['storage'];
  const isPossible = capacity !== undefined && size > quantityValue(capacity);
  if (isPossible || size === quantityValue(held)) return wanted;
  return { ...wanted, spec: { ...wanted.spec, resources: { requests: { storage: held } } } };
}

function requested(manifest: Manifest<V1PersistentVolumeClaim>): string {
  return manifest.spec?.resources?.requests?.['storage'] ?? '';
}
