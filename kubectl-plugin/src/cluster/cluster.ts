import type { KubeConfig } from '@kubernetes/client-node';
import { type Client, createClient, createTransport, loadKubeConfig } from '@wharfinger/operator';

/** A cluster, and the namespace in which a command looks. */
export interface Cluster {
  readonly client: Client;
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

const name = 'kubectl-registry';
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Opens no connection yet. @throws Error when the kubeconfig cannot be read or names no cluster. */
export function openCluster({ kubeconfig, context, namespace }: ClusterOptions): Cluster {
  const kubeConfig = loadKubeConfig({ file: kubeconfig, context });
  const transport = createTransport({ kubeConfig, userAgent: name, log: silent });
  const current = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  return {
    client: createClient({ transport, fieldManager: name }),
    kubeConfig,
    namespace: namespace ?? current?.namespace ?? 'default',
    close: () => transport.close(),
  };
}

/** What is tried again in vain is told in the end. */
function ignore(): void {}
