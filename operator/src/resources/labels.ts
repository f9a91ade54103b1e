export const nameLabel = 'app.kubernetes.io/name';
export const instanceLabel = 'app.kubernetes.io/instance';
export const managedByLabel = 'app.kubernetes.io/managed-by';
export const managedBy = 'wharfinger';
/** On a Secret `NAME-user-USER`: the user; present on no other Secret. */
export const userLabel = 'wharfinger.dev/user';
/** On what was made for pods and clients of any namespace: the namespace of the Registry that it is from. */
export const sharedFromLabel = 'wharfinger.dev/shared-from';
/** On a Secret `NAME-user-USER`: the `rotation` of the user for which its password was generated. */
export const rotationAnnotation = 'wharfinger.dev/rotation';
/** On a ServiceAccount: which of its imagePullSecrets we put there, and for which Registry (resources/attachments.ts). */
export const attachedAnnotation = 'wharfinger.dev/pull-secrets';
/** On a pod: changes when a mounted file should be looked at again. */
export const syncAnnotation = 'wharfinger.dev/sync';
/** On a pod template: sha256 of config.yml, so that another config rolls out. */
export const configAnnotation = 'wharfinger.dev/config';
/** On a pod template: changes with what spec.env and spec.egress refer to, which a process reads only when it starts. */
export const environmentAnnotation = 'wharfinger.dev/environment';
/** On a StatefulSet and on the pod that tries its template: a digest of what was tried. */
export const trialAnnotation = 'wharfinger.dev/trial';
/** On a Registry: another value has everything looked at anew, at once. */
export const reconcileAnnotation = 'wharfinger.dev/reconcile-at';
/** On a pod template: UID of the GarbageCollection that had the pods replaced last. */
export const rolloutAnnotation = 'wharfinger.dev/rollout';
/** On a GarbageCollection: the time of the schedule that it was created for. */
export const scheduledAnnotation = 'wharfinger.dev/scheduled-at';
/** On a Registry: a new value has its CA replaced. On the Secret of the CA: the value that was answered last. */
export const rotateCaAnnotation = 'wharfinger.dev/rotate-ca';
/** On a Registry: a new value has the serving certificate issued anew. On its Secret: the value that was answered last. */
export const rotateCertificateAnnotation = 'wharfinger.dev/rotate-certificate';
/** On a Registry: a new value ends the overlap of CAs that runs. On the ConfigMap of the CA: the value that was answered last. */
export const endCaOverlapAnnotation = 'wharfinger.dev/end-ca-overlap';
/** On the ConfigMap of the CA: how far clients are with each certificate in it. */
export const trustAnnotation = 'wharfinger.dev/trust';
/** On the Secret of an issued certificate: why it took the place of the one before. */
export const issuedBecauseAnnotation = 'wharfinger.dev/issued-because';

/** Which pods belong to the Registry `name` of a namespace. */
export function selectorLabels(name: string): Record<string, string> {
  return { [nameLabel]: 'registry', [instanceLabel]: name };
}

/** The pod that tries a template of the Registry `name`: no Service and no PodDisruptionBudget counts it. */
export function trialLabels(name: string): Record<string, string> {
  return { ...ownedLabels(name), [nameLabel]: 'registry-trial' };
}

/** What every object of the Registry `name` carries. */
export function ownedLabels(name: string): Record<string, string> {
  return { ...selectorLabels(name), [managedByLabel]: managedBy };
}

/** What every object carries that the Registry `name` of the namespace `source` gives away. */
export function sharedLabels(source: string, name: string): Record<string, string> {
  return { ...ownedLabels(name), [sharedFromLabel]: source };
}

/** The label, with the value `true`, by which a namespace lets the Registries of the namespace `source` write into it. */
export function consentLabel(source: string): string {
  return `accept-from.wharfinger.dev/${source}`;
}
