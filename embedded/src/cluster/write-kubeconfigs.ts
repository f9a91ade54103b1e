import { mkdir, writeFile } from 'node:fs/promises';
import { apiServerUrl, kubeconfigPath, readCredentials, renderKubeconfig } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import type { NetworkPlan } from './network/network-plan.ts';

/** Certificates that become a kubeconfig. */
const users = [
  'admin',
  'controller-manager',
  'scheduler',
  'kube-proxy',
  'kubelet',
  'dns',
  'volumes',
] as const;

/** Writes the kubeconfig of every user of the cluster, readable by root alone. */
export async function writeKubeconfigs(layout: Layout, network: NetworkPlan): Promise<void> {
  await mkdir(layout.kubeconfigs, { recursive: true, mode: 0o700 });
  await Promise.all(
    users.map(async (name) => {
      const text = renderKubeconfig(name, apiServerUrl(network), await readCredentials(layout, name));
      await writeFile(kubeconfigPath(layout, name), text, { mode: 0o600 });
    }),
  );
}
