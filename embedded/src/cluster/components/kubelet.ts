import { join } from 'node:path';
import { loopbackPorts } from '../component.ts';
import type { Component } from '../component.ts';
import { clusterDomain, nodeName } from '../context.ts';
import type { ClusterContext } from '../context.ts';
import { kubeconfigPath } from '../kubeconfig.ts';
import type { Layout } from '../layout.ts';
import type { NetworkPlan } from '../network/network-plan.ts';

/** The kubelet of the one node. */
export function kubeletComponent({ layout, network, binaries }: ClusterContext): Component {
  const configFile = join(layout.config, 'kubelet.json');
  const resolvFile = join(layout.config, 'resolv.conf');
  return {
    name: 'kubelet',
    command: binaries.kubelet,
    args: [
      `--config=${configFile}`,
      `--kubeconfig=${kubeconfigPath(layout, 'kubelet')}`,
      `--hostname-override=${nodeName}`,
      `--node-ip=${network.nodeAddress}`,
      `--root-dir=${layout.kubelet}`,
      `--cert-dir=${join(layout.kubelet, 'pki')}`,
    ],
    files: {
      [configFile]: `${JSON.stringify(kubeletConfig(layout, network, resolvFile), null, 2)}\n`,
      [resolvFile]: `nameserver ${network.nodeAddress}\n`,
    },
    directories: [layout.kubelet, layout.podLogs],
    health: { kind: 'http', url: `http://127.0.0.1:${loopbackPorts.kubeletHealth}/healthz` },
    startTimeoutMs: 60_000,
  };
}

/** The kubelet's configuration. `resolvFile` is the resolv.conf that pods with the node's DNS get. */
function kubeletConfig(layout: Layout, network: NetworkPlan, resolvFile: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.nodeAddress,
    healthzBindAddress: '127.0.0.1',
    healthzPort: loopbackPorts.kubeletHealth,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(layout.pki, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(layout.pki, 'kubelet.crt'),
    tlsPrivateKeyFile: join(layout.pki, 'kubelet.key'),
    containerRuntimeEndpoint: `unix://${layout.containerdSocket}`,
    podLogsDir: layout.podLogs,
    volumePluginDir: join(layout.kubelet, 'volume-plugins'),
    clusterDomain,
    clusterDNS: [network.nodeAddress],
    resolvConf: resolvFile,
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    // Lowering a score needs CAP_SYS_RESOURCE.
    oomScoreAdj: 0,
    enforceNodeAllocatable: [],
    // No other rule of the kubelet's is needed, and so nothing of iptables is left behind.
    makeIPTablesUtilChains: false,
    // Absolute amounts: a tenth of a large disk is no shortage.
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1Gi',
      'nodefs.inodesFree': '1%',
      'imagefs.available': '1Gi',
    },
    // Images are imported, never pulled: removing an unused one would lose it.
    imageGCHighThresholdPercent: 100,
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
  };
}
