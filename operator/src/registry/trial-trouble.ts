import type { Pod } from '../kube/builtin-kinds.ts';

type Statuses = NonNullable<NonNullable<Pod['status']>['containerStatuses']>;
type ContainerStatus = Statuses[number];

const longestExplanation = 400;
const harmless = new Set(['ContainerCreating', 'PodInitializing', 'CrashLoopBackOff']);
const pullFailures = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable']);

/**
 * What keeps a pod on trial from becoming ready, for people, or undefined when nothing is known against it. It says the same however often
 * the kubelet tries again, so that the Registry's status does not flap.
 */
export function trialTrouble({ status }: Pod): string | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return `there is no node for it: ${scheduled.message ?? ''}`;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.map(containerTrouble).find((trouble) => trouble !== undefined);
}

function containerTrouble(container: ContainerStatus): string | undefined {
  const { name, state, lastState, image, ready } = container;
  if (ready) return undefined;
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended) return `container ${name} ends with status ${ended.exitCode}: ${lastWords(ended)}`;
  const { reason, message } = state?.waiting ?? {};
  if (reason === undefined || harmless.has(reason)) return undefined;
  if (pullFailures.has(reason)) return `image ${image} of container ${name} cannot be pulled`;
  return `container ${name} is in ${reason}: ${message?.slice(0, longestExplanation) ?? ''}`;
}

function lastWords({ message, reason }: { message?: string; reason?: string }): string {
  const line = message?.trim().split('\n').at(-1)?.slice(0, longestExplanation);
  return line || reason || 'without a word';
}
