import type { Pod, StatefulSet } from '../kube/builtin-kinds.ts';
import { podTrouble } from './pod-condition.ts';
import type { WorkloadFacts } from './summary.ts';

/** How far the pods are. */
export function workloadFacts(statefulSet: StatefulSet, pods: readonly Pod[]): WorkloadFacts {
  const wanted = statefulSet.spec?.replicas ?? 1;
  const { status, metadata } = statefulSet;
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const isNewest = status?.currentRevision === status?.updateRevision || status?.updatedReplicas === status?.replicas;
  return {
    wanted,
    ready: status?.readyReplicas ?? 0,
    rolledOut: isSeen && isNewest && (status?.replicas ?? 0) === wanted,
    trouble: pods.map(podTrouble).find((trouble) => trouble !== undefined),
  };
}
