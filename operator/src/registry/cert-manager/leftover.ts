import { type Secret, secrets } from '../../kube/builtin-kinds.ts';
import type { ObjectRef } from '../../kube/resource.ts';
import { instanceLabel, managedBy, managedByLabel } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import type { StepContext } from '../step.ts';
import { certificateNameAnnotation } from './kinds.ts';

/** The Registry for which cert-manager made this Secret, when the Secret has no owner. */
export function leftoverOf({ metadata }: Secret): ObjectRef | undefined {
  const { name, namespace, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const { [instanceLabel]: instance, [managedByLabel]: by } = labels;
  if (instance === undefined || by !== managedBy || ownerReferences.length > 0) return undefined;
  const names = objectNames(instance);
  const isIssued = annotations[certificateNameAnnotation] === names.certManagerCertificate;
  return isIssued && name === names.certManagerTls ? { namespace, name: instance } : undefined;
}

/**
 * Removes what cert-manager issued once more while Certificate and Secret of a deleted Registry were going: the garbage collection of the
 * cluster may take the Secret first. As long as the Certificate is there it would only be issued again.
 */
export async function removeLeftover(
  { client, stores, optional }: Pick<StepContext, 'client' | 'stores' | 'optional'>,
  { namespace, name }: ObjectRef,
): Promise<void> {
  const { certManagerTls, certManagerCertificate } = objectNames(name);
  const secret = stores.secrets.get({ namespace, name: certManagerTls });
  if (secret === undefined || leftoverOf(secret) === undefined) return;
  if (optional.certificates.store.get({ namespace, name: certManagerCertificate }) !== undefined) return;
  await client.delete(secrets, secret.metadata, { uid: secret.metadata.uid });
}
