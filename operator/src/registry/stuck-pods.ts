import type { Pod, StatefulSet } from '../kube/builtin-kinds.ts';
import { isReady } from './pod-condition.ts';
import { podTrouble } from './pod-trouble.ts';

const revisionLabel = 'controller-revision-hash';

/**
 * Pods of a former template that are in trouble: they cannot become ready, and nothing is lost with them (kubernetes/kubernetes#67250).
 * None before the StatefulSet's controller has seen the newest template.
 */
export function stuckPods({ metadata, status }: StatefulSet, pods: readonly Pod[]): Pod[] {
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return [];
  const newest = status?.updateRevision;
  if (newest === undefined) return [];
  return pods.filter(
    (pod) =>
      pod.metadata.labels?.[revisionLabel] !== newest &&
      pod.metadata.deletionTimestamp === undefined &&
      !isReady(pod) &&
      podTrouble(pod) !== undefined,
  );
}
