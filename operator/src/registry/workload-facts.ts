import type { Pod, StatefulSet } from '../kube/builtin-kinds.ts';
import { podTrouble } from './pod-trouble.ts';
import type { WorkloadFacts } from './summary.ts';

/** How far the pods are. */
export function workloadFacts(statefulSet: StatefulSet, pods: readonly Pod[]): WorkloadFacts {
  const wanted = statefulSet.spec?.replicas ?? 1;
  return {
    wanted,
    ready: statefulSet.status?.readyReplicas ?? 0,
    rolledOut: isRolledOut(statefulSet),
    trouble: pods.map(podTrouble).find((trouble) => trouble !== undefined),
  };
}

/** Whether every pod is of the newest template, and the StatefulSet's controller has seen it. */
export function isRolledOut({ spec, status, metadata }: StatefulSet): boolean {
  const wanted = spec?.replicas ?? 1;
  if (status === undefined || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  if (status.replicas !== wanted) return false;
  // The current revision follows only when all pods are ready; the count of updated pods is right before.
  return status.currentRevision === status.updateRevision || status.updatedReplicas === wanted;
}
