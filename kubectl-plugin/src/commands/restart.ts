import { objectNames, type StatefulSet, statefulSets } from '@wharfinger/operator';
import { waitFor } from '../cluster/waiting.ts';
import { durationMs } from '../command-line/duration.ts';
import { CommandError } from '../command-error.ts';
import type { Session } from '../session.ts';

const defaultLimitMs = 600_000;

/** The annotation of `kubectl rollout restart`. The operator leaves annotations of others alone. */
const restartedAnnotation = 'kubectl.kubernetes.io/restartedAt';

/** Replaces the pods one after the other and waits for them. @throws CommandError */
export async function restart({ cluster, registry, flags, terminal }: Session): Promise<void> {
  const { name, namespace } = registry.metadata;
  const limitMs = flags.timeout === undefined ? defaultLimitMs : durationMs(flags.timeout, 'timeout');
  const ref = { namespace, name: objectNames(name).statefulSet };
  const annotations = { [restartedAnnotation]: new Date().toISOString() };
  const patch = { spec: { template: { metadata: { annotations } } } };
  const { generation = 0 } = (await cluster.client.patchMerge(statefulSets, ref, patch)).metadata;
  let told = '';
  const look = async (): Promise<string | undefined> => {
    const statefulSet = await cluster.client.find(statefulSets, ref);
    if (statefulSet === undefined) throw new CommandError(`the StatefulSet ${ref.name} is gone`);
    const { isDone, text } = rolloutOf(statefulSet, generation);
    if (isDone) return text;
    if (text !== told) terminal.progress(text);
    told = text;
    return undefined;
  };
  const text = await waitFor(look, {
    limitMs,
    late: () =>
      `Registry ${name} is not restarted yet, ${told}; kubectl describe registry ${name} may tell why`,
  });
  terminal.result(`Registry ${name} is restarted, ${text}`);
}

/** How far the rollout of a StatefulSet is since `generation`. */
export function rolloutOf(
  { spec, status }: Pick<StatefulSet, 'spec' | 'status'>,
  generation: number,
): { isDone: boolean; text: string } {
  const wanted = spec?.replicas ?? 1;
  if (status === undefined || (status.observedGeneration ?? -1) < generation) {
    return { isDone: false, text: `0 of ${wanted} pods are new` };
  }
  const { updatedReplicas = 0, readyReplicas = 0, replicas, currentRevision, updateRevision } = status;
  const isNewest = currentRevision === updateRevision && updatedReplicas >= wanted;
  const text = `${updatedReplicas} of ${wanted} pods are new, ${readyReplicas} are ready`;
  return { isDone: isNewest && readyReplicas >= wanted && replicas <= wanted, text };
}
