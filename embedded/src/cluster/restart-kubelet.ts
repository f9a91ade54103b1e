import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../process/wait.ts';
import { silentProgress } from '../progress.ts';
import { readObject, readyCondition } from './api.ts';
import type { Cluster } from './cluster.ts';
import { kubeletComponent } from './components/kubelet.ts';
import { withLock } from './lock.ts';
import { createContext } from './options.ts';
import type { ClusterOptions } from './options.ts';
import { stopComponents } from './stop-components.ts';
import { startComponent } from './supervisor/start-component.ts';

/** Stops the kubelet of `cluster`, starts it again and waits until it has reported the node Ready anew. Pods keep running. */
export async function restartKubelet(
  cluster: Cluster,
  options: ClusterOptions = { progress: silentProgress() },
): Promise<void> {
  const context = await createContext(options);
  const { layout, network } = context;
  const ready = async (): Promise<{ ready: boolean; heartbeat: string }> =>
    readyCondition(await readObject(layout, network, `/api/v1/nodes/${cluster.nodeName}`));
  await withLock(layout.lock, options.progress, async () => {
    await stopComponents(layout, ['kubelet']);
    options.progress.step('the kubelet is stopped');
    const before = await ready();
    // Heartbeats are whole seconds: one in the second of the last cannot be told from it.
    await sleep(Math.max(0, Date.parse(before.heartbeat) + 1000 - Date.now()));
    await startComponent(kubeletComponent(context), layout);
    const readyAgain = async (): Promise<boolean> => {
      const now = await ready();
      return now.ready && now.heartbeat > before.heartbeat;
    };
    await waitFor(readyAgain, { what: "the node's new Ready condition", timeoutMs: 60_000 });
    options.progress.step('the kubelet is up and the node is Ready');
  });
}
