import type { NodeStatus } from '../api/node-trust-status.ts';
import type { DaemonSet, Pod } from '../kube/builtin-kinds.ts';
import { isReady } from '../registry/pod-condition.ts';
import { podTrouble } from '../registry/pod-trouble.ts';

/** How many nodes are as declared. */
export interface NodeFacts {
  readonly wanted: number;
  readonly done: number;
  /** The controller of DaemonSets has seen what was applied. */
  readonly current: boolean;
  /** Nodes that are not as declared, by name. */
  readonly pending: readonly NodeStatus[];
  /** The first of them that time alone will not mend. */
  readonly stuck: NodeStatus | undefined;
}

const mostPending = 10;
const longestMessage = 1000;

/** A DaemonSet counts, for each node, its oldest pod: a node counts as updated and ready by one and the same pod. */
export function nodeFacts({ metadata, status }: DaemonSet, pods: readonly Pod[]): NodeFacts {
  const current = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) && status !== undefined;
  const wanted = status?.desiredNumberScheduled ?? 0;
  const done = current ? Math.min(status.updatedNumberScheduled ?? 0, status.numberReady ?? 0) : 0;
  const all = pods
    .filter((pod) => !isReady(pod) || pod.metadata.deletionTimestamp !== undefined)
    .sort((a, b) => nodeOf(a).localeCompare(nodeOf(b)));
  const pending = all.map((pod) => ({ node: nodeOf(pod), message: messageOf(pod).slice(0, longestMessage) }));
  const stuckPod = all.find((pod) => told(pod) !== undefined);
  const stuck = stuckPod && { node: nodeOf(stuckPod), message: messageOf(stuckPod).slice(0, longestMessage) };
  return { wanted, done, current, pending: pending.slice(0, mostPending), stuck };
}

export function isDone({ current, wanted, done }: NodeFacts): boolean {
  return current && done >= wanted;
}

function messageOf(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined)
    return 'its former pod has not ended; does the node answer?';
  return told(pod) ?? podTrouble(pod) ?? 'its pod is not Ready yet; does the node answer?';
}

/** What the pod said when it ended last. */
function told(pod: Pod): string | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  const [container] = pod.status?.containerStatuses ?? [];
  const ended = container?.state?.terminated ?? container?.lastState?.terminated;
  return ended?.message?.trim() || undefined;
}

function nodeOf(pod: Pod): string {
  return (
    pod.spec?.nodeName ??
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]
      ?.matchFields?.[0]?.values?.[0] ??
    ''
  );
}
