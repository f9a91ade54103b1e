import type { Pod } from '../kube/builtin-kinds.ts';

/** Whether the pod's condition Ready is true. */
export function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Whether the pod's containers run and nobody deletes it. */
export function isRunning(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && pod.status?.phase === 'Running';
}

const harmless = new Set(['ContainerCreating', 'PodInitializing']);

/** Why a pod does not come up, for people, or undefined when nothing is known against it. */
export function podTrouble(pod: Pod): string | undefined {
  if (isReady(pod)) return undefined;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return `pod ${pod.metadata.name} has no node: ${scheduled.message ?? ''}`;
  for (const { state, lastState } of pod.status?.containerStatuses ?? []) {
    const waiting = state?.waiting;
    if (waiting?.reason === undefined || harmless.has(waiting.reason)) continue;
    const last = lastState?.terminated?.message?.trim() || waiting.message || '';
    return `pod ${pod.metadata.name} is in ${waiting.reason}${last ? `: ${last}` : ''}`;
  }
  return undefined;
}
