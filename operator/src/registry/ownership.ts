import { type Registry, registryKind } from '../api/registry.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { Store } from '../kube/store.ts';
import { sourceOf } from './indexes.ts';
import { instanceLabel, managedBy, managedByLabel } from '../resources/labels.ts';
import { ProblemError, stalled, waiting } from './problem.ts';

/** Whether this very Registry made the object. */
export function isOwned(object: KubeObject, registry: Registry): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === registry.metadata.uid);
}

/** This Registry's own object of the name of a manifest, as it is now. */
export function standing<T extends KubeObject>(
  store: Pick<Store<T>, 'get'>,
  { metadata }: { readonly metadata?: { readonly namespace?: string; readonly name?: string } },
  registry: Registry,
): T | undefined {
  const live = store.get({ namespace: metadata?.namespace, name: metadata?.name ?? '' });
  return live && isOwned(live, registry) ? live : undefined;
}

/** Whether the object carries our labels for a Registry of this name, and belongs to nobody: a restore brought it back, or an orphaning deletion left it. */
export function isOrphan(object: KubeObject, registry: Registry): boolean {
  const from = sourceOf(object)?.namespace ?? registry.metadata.namespace;
  // What a Registry of this name in another namespace gave has no owner either.
  if (from !== registry.metadata.namespace) return false;
  return (object.metadata.ownerReferences ?? []).length === 0 && isOwnClaim(object, registry);
}

/** Whether the object is the claim of this Registry or of a deleted one of the same name: a claim has no owner. */
export function isOwnClaim(object: KubeObject, registry: Registry): boolean {
  const labels = object.metadata.labels ?? {};
  return labels[managedByLabel] === managedBy && labels[instanceLabel] === registry.metadata.name;
}

/**
 * Throws a `ProblemError` unless the object is this Registry's: what somebody else made is never changed, and what a deleted
 * Registry of the same name leaves behind has to go first.
 */
export function requireOwned(kind: string, object: KubeObject, registry: Registry): void {
  if (isOwned(object, registry) || isOrphan(object, registry)) return;
  const { name } = object.metadata;
  if (isPredecessors(object, registry)) {
    throw new ProblemError(
      waiting('PredecessorRemains', `${kind} ${name} of the deleted Registry is still there`),
    );
  }
  throw new ProblemError(foreign(kind, name));
}

/**
 * The check for what a Registry gives to any namespace: it throws a `ProblemError` unless the object is this Registry's, or that of a
 * deleted one of the same name.
 */
export function requireShared(
  { kind, field }: { readonly kind: string; readonly field: string },
  registry: Registry,
): (live: KubeObject) => void {
  return (live) => {
    const source = sourceOf(live);
    const { name, namespace } = registry.metadata;
    if (source?.name !== name || source.namespace !== namespace) {
      const message = `${field}: ${kind} ${live.metadata.name} in namespace ${live.metadata.namespace} exists and is not this Registry's; delete it, or choose another name`;
      throw new ProblemError(stalled('NameTaken', message));
    }
    if (live.metadata.namespace === namespace) requireOwned(kind, live, registry);
  };
}

/** Like `requireOwned`, for the claim. */
export function requireOwnClaim(object: KubeObject, registry: Registry): void {
  const { name } = object.metadata;
  if (isOwnClaim(object, registry)) {
    if (!isPredecessors(object, registry) || isOwned(object, registry)) return;
    throw new ProblemError(
      waiting(
        'PredecessorRemains',
        `PersistentVolumeClaim ${name} goes with the deleted Registry and is still there`,
      ),
    );
  }
  const message = `PersistentVolumeClaim ${name} exists and is not this Registry's; set storage.filesystem.volume.existingClaim to use it, or rename the Registry`;
  throw new ProblemError(stalled('NameTaken', message));
}

function isPredecessors(object: KubeObject, registry: Registry): boolean {
  return (object.metadata.ownerReferences ?? []).some(
    (owner) => owner.kind === registryKind && owner.name === registry.metadata.name,
  );
}

function foreign(kind: string, name: string): ReturnType<typeof stalled> {
  return stalled(
    'NameTaken',
    `${kind} ${name} exists and is not this Registry's; rename or delete it, or rename the Registry`,
  );
}
