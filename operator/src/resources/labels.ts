export const nameLabel = 'app.kubernetes.io/name';
export const instanceLabel = 'app.kubernetes.io/instance';
export const managedByLabel = 'app.kubernetes.io/managed-by';
export const managedBy = 'wharfinger';
/** On a Secret `NAME-user-USER`: the user; present on no other Secret. */
export const userLabel = 'wharfinger.dev/user';
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
