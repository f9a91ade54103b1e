import { WaitTimeout, waitFor } from '../process/wait.ts';
import type { Progress } from '../progress.ts';
import { readObject, readyCondition } from './api.ts';
import { nodeName } from './context.ts';
import type { ClusterContext } from './context.ts';
import { listRunningContainers } from './images.ts';

const nodeReadyTimeoutMs = 90_000;
const podsTimeoutMs = 60_000;

/** A Pod, as far as it is read here. */
interface Pod {
  status?: {
    conditions?: { type: string; status: string }[];
    containerStatuses?: { containerID?: string }[];
  };
}

/**
 * Waits until the node has reported itself Ready since `kubeletStartedAt` (milliseconds since the epoch), and until
 * the pods that the API server calls Ready really run: after a stop it remembers the state from before.
 */
export async function waitUntilSettled(
  context: ClusterContext,
  kubeletStartedAt: number,
  progress: Progress,
): Promise<void> {
  const { layout, network } = context;
  const read = async (path: string): Promise<unknown> =>
    await readObject(layout, network, path).catch(() => undefined);
  await waitFor(async () => isFreshlyReady(await read(`/api/v1/nodes/${nodeName}`), kubeletStartedAt), {
    what: "the node's Ready condition",
    timeoutMs: nodeReadyTimeoutMs,
  });
  const settled = async (): Promise<boolean> => {
    const pods = (await read('/api/v1/pods?resourceVersion=0')) as { items: Pod[] } | undefined;
    const running = new Set(await listRunningContainers({ containerdSocket: layout.containerdSocket }));
    return pods?.items.every((pod) => tellsTheTruth(pod, running)) ?? false;
  };
  try {
    await waitFor(settled, { what: 'the pods of before', timeoutMs: podsTimeoutMs, intervalMs: 200 });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    progress.step('some pods of before do not run yet');
  }
}

/** Whether `node` has been Ready at a heartbeat since `since` (milliseconds since the epoch; heartbeats are whole seconds). */
export function isFreshlyReady(node: unknown, since: number): boolean {
  const { ready, heartbeat } = readyCondition(node);
  return ready && Date.parse(heartbeat) >= Math.floor(since / 1000) * 1000;
}

/** Whether `pod` is not called Ready, or is and all its containers are among `running`. */
export function tellsTheTruth(pod: Pod, running: ReadonlySet<string>): boolean {
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  if (!ready) return true;
  const ids = (pod.status?.containerStatuses ?? []).map(
    ({ containerID }) => containerID?.split('://')[1] ?? '',
  );
  return ids.every((id) => running.has(id));
}
