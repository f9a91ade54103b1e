import { readObject, readyCondition } from './api.ts';
import type { ComponentName } from './component.ts';
import { allComponents } from './components/all.ts';
import { nodeName } from './context.ts';
import type { ClusterContext } from './context.ts';
import { isHealthy } from './supervisor/health.ts';
import { isAlive } from './supervisor/process-identity.ts';
import { readProcessTable } from './supervisor/process-table.ts';
import { fingerprint } from './supervisor/start-component.ts';

/** The state of one component. `outdated`: it runs, but would be started differently now. */
interface ComponentStatus {
  name: ComponentName;
  state: 'healthy' | 'unhealthy' | 'outdated' | 'stopped';
  pid?: number;
}

/** The state of a cluster. */
export interface ClusterStatus {
  running: boolean;
  nodeReady: boolean;
  components: ComponentStatus[];
}

/** Looks at every component and at the node. `running` means that nothing has to be done by a start. */
export async function inspectCluster(context: ClusterContext): Promise<ClusterStatus> {
  const components = await inspectComponents(context);
  const healthy = components.every(({ state }) => state === 'healthy');
  const nodeReady = healthy && (await isNodeReady(context));
  return { running: healthy && nodeReady, nodeReady, components };
}

/** Whether the API server says that the node is Ready; false when it does not answer. */
async function isNodeReady({ layout, network }: ClusterContext): Promise<boolean> {
  try {
    return readyCondition(await readObject(layout, network, `/api/v1/nodes/${nodeName}`)).ready;
  } catch {
    return false;
  }
}

async function inspectComponents(context: ClusterContext): Promise<ComponentStatus[]> {
  const records = readProcessTable(context.layout.processes);
  return await Promise.all(
    allComponents(context).map(async (component): Promise<ComponentStatus> => {
      const { name } = component;
      const record = records.find((candidate) => candidate.name === name);
      if (!record || !isAlive(record)) return { name, state: 'stopped' };
      const { pid } = record;
      if (record.fingerprint !== fingerprint(component)) return { name, state: 'outdated', pid };
      return { name, state: (await isHealthy(component.health)) ? 'healthy' : 'unhealthy', pid };
    }),
  );
}
