import type { Pod } from '../kube/builtin-kinds.ts';
import { isReady } from './pod-condition.ts';

/** Why a pod does not come up, for people, or undefined when nothing is known against it. */
export function podTrouble(pod: Pod): string | undefined {
  return isReady(pod) ? undefined : (schedulingTrouble(pod) ?? containerTrouble(pod));
}

function schedulingTrouble(pod: Pod): string | undefined {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  return `pod ${pod.metadata.name} has no node: ${scheduled.message ?? ''}`;
}

const longestExplanation = 400;
const harmless = new Set(['ContainerCreating', 'PodInitializing']);

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

function containerTrouble(pod: Pod): string | undefined {
  for (const container of pod.status?.containerStatuses ?? []) {
    const reason = container.state?.waiting?.reason;
    if (reason === undefined || harmless.has(reason)) continue;
    return [`pod ${pod.metadata.name} is in ${reason}`, ...explanation(container)].join(': ');
  }
  return undefined;
}

/** The last line that the container wrote before it ended, or else what the kubelet says. */
function explanation({ state, lastState }: ContainerStatus): string[] {
  const lastLine = lastState?.terminated?.message?.trim().split('\n').at(-1);
  const told = lastLine || state?.waiting?.message;
  return told ? [told.slice(0, longestExplanation)] : [];
}
