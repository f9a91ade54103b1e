import { type Pod, pods, selectorLabels, type ServedRegistry } from '@wharfinger/operator';
import { CommandError } from '../command-error.ts';
import type { Cluster } from './cluster.ts';

/** A port of a pod. */
export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** The port `registry` of a pod that serves. @throws CommandError when no pod does */
export async function readyPodPort(
  { client, namespace }: Pick<Cluster, 'client' | 'namespace'>,
  { metadata }: ServedRegistry,
): Promise<PodPort> {
  const labels = Object.entries(selectorLabels(metadata.name)).map(([key, value]) => `${key}=${value}`);
  const { items } = await client.list(pods, { namespace, labelSelector: labels.join(',') });
  const [pod] = items.filter(isReady);
  if (pod === undefined) {
    const { name } = metadata;
    throw new CommandError(
      `no pod of Registry ${name} is ready; kubectl describe registry ${name} -n ${namespace} tells why`,
    );
  }
  return { namespace, pod: pod.metadata.name, port: registryPort(pod) };
}

function isReady({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');
}

function registryPort({ metadata, spec }: Pod): number {
  const named = spec?.containers.flatMap(({ ports }) => ports ?? []).find(({ name }) => name === 'registry');
  if (named === undefined) throw new CommandError(`pod ${metadata.name} has no port named registry`);
  return named.containerPort;
}
