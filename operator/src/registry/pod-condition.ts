import type { Pod } from '../kube/builtin-kinds.ts';

/** Whether the pod's condition Ready is true. */
export function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Whether the pod's containers run and nobody deletes it. */
export function isRunning(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && pod.status?.phase === 'Running';
}
