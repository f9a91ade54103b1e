import { silentProgress } from '../progress.ts';
import { describeCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { createContext } from './options.ts';
import type { ClusterOptions } from './options.ts';
import { inspectCluster } from './status.ts';

/** The cluster that runs. Throws, naming what does not run, when startCluster would have something to do. */
export async function connectCluster(
  options: ClusterOptions = { progress: silentProgress() },
): Promise<Cluster> {
  const context = await createContext(options);
  const { running, components, nodeReady } = await inspectCluster(context);
  if (running) return describeCluster(context);
  const missing = components
    .filter(({ state }) => state !== 'healthy')
    .map(({ name, state }) => `${name}: ${state}`);
  if (!nodeReady) missing.push('node: not Ready');
  throw new Error(`the embedded cluster does not run (${missing.join(', ')})`);
}
