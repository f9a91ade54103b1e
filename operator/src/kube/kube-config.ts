import { KubeConfig } from '@kubernetes/client-node';

export interface KubeConfigSource {
  /** Path of a kubeconfig file; left out: KUBECONFIG, then ~/.kube/config, then the pod's service account. */
  file?: string;
  /** Context in that file; left out: its current one. */
  context?: string;
}

/** Where the API server is and who we are. Throws with one sentence when there is no cluster to talk to. */
export function loadKubeConfig(source: KubeConfigSource = {}): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (source.file !== undefined) kubeConfig.loadFromFile(source.file);
  else if (isInCluster()) kubeConfig.loadFromCluster();
  else kubeConfig.loadFromDefault();
  if (source.context !== undefined) kubeConfig.setCurrentContext(source.context);
  if (kubeConfig.getCurrentCluster()?.server) return kubeConfig;
  const known = kubeConfig.getContexts().map((context) => context.name);
  throw new Error(
    `kubeconfig: context "${kubeConfig.getCurrentContext() ?? ''}" names no cluster; the contexts are: ${known.join(', ') || 'none'}`,
  );
}

function isInCluster(): boolean {
  return process.env.KUBERNETES_SERVICE_HOST !== undefined && process.env.KUBECONFIG === undefined;
}
