import type { ClusterContext } from './context.ts';
import { nodeName } from './context.ts';

/** A running cluster, as its users see it. */
export interface Cluster {
  /** Path of the administrator's kubeconfig, which refers to no other file. */
  kubeconfig: string;
  nodeName: string;
  /** Where node ports, the API server (port 6443) and the cluster's DNS answer; reachable from this machine only. */
  nodeAddress: string;
  podCidr: string;
  serviceCidr: string;
  containerdSocket: string;
  /** containerd's folder of folders `<registry host>/hosts.toml`: by it the node trusts registries. */
  certsDirectory: string;
  /** The API server's audit log: JSON lines of level Metadata. */
  auditLog: string;
  /** Extra names for the cluster's DNS, in the format of /etc/hosts. */
  dnsHosts: string;
  /** Directory of the components' logs. */
  logs: string;
  /** Directory with one directory for each persistent volume. */
  volumes: string;
  /** Path of the kubectl that was built with the cluster. */
  kubectl: string;
}

/** The cluster of a context. */
export function describeCluster({ layout, network, binaries }: ClusterContext): Cluster {
  return {
    kubeconfig: layout.adminKubeconfig,
    nodeName,
    nodeAddress: network.nodeAddress,
    podCidr: network.podCidr,
    serviceCidr: network.serviceCidr,
    containerdSocket: layout.containerdSocket,
    certsDirectory: layout.certsDirectory,
    auditLog: layout.auditLog,
    dnsHosts: layout.dnsHosts,
    logs: layout.logs,
    volumes: layout.volumes,
    kubectl: binaries.kubectl,
  };
}
