import { join } from 'node:path';
import { loopbackPorts } from '../component.ts';
import type { Component } from '../component.ts';
import { nodeName } from '../context.ts';
import type { ClusterContext } from '../context.ts';
import { kubeconfigPath } from '../kubeconfig.ts';

/** kube-proxy in nftables mode; node ports answer on the node's address. */
export function kubeProxyComponent({ layout, network, binaries }: ClusterContext): Component {
  const configFile = join(layout.config, 'kube-proxy.json');
  const config = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig: kubeconfigPath(layout, 'kube-proxy') },
    clusterCIDR: network.podCidr,
    nodePortAddresses: [`${network.nodeAddress}/32`],
    healthzBindAddress: `127.0.0.1:${loopbackPorts.proxyHealth}`,
    metricsBindAddress: `127.0.0.1:${loopbackPorts.proxyMetrics}`,
    // Leave the machine's own limits alone.
    conntrack: { maxPerCore: 0, min: 0 },
    oomScoreAdj: 0,
    nftables: { minSyncPeriod: '100ms' },
  };
  return {
    name: 'kube-proxy',
    command: binaries['kube-proxy'],
    args: [`--config=${configFile}`],
    files: { [configFile]: `${JSON.stringify(config, null, 2)}\n` },
    directories: [],
    health: { kind: 'http', url: `http://127.0.0.1:${loopbackPorts.proxyHealth}/healthz` },
    startTimeoutMs: 60_000,
  };
}
