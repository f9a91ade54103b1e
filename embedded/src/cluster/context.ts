import type { addonsGroup, kubernetesGroup } from '../binaries/build-groups.ts';
import type { BinaryPaths } from '../binaries/build.ts';
import type { Layout } from './layout.ts';
import type { NetworkPlan } from './network/network-plan.ts';

/** The names of the binaries that the cluster is made of. */
type ClusterBinary = keyof typeof kubernetesGroup.packages | keyof typeof addonsGroup.packages;

/** All that the configuration of a component depends on. */
export interface ClusterContext {
  layout: Layout;
  network: NetworkPlan;
  binaries: BinaryPaths<ClusterBinary>;
  /** Where the Debian package containernetworking-plugins keeps its programs. */
  cniPlugins: string;
}

/** The name of the one node. */
export const nodeName = 'wharfinger';
/** The DNS domain of the cluster. */
export const clusterDomain = 'cluster.local';
/** The image of the process that holds a pod's namespaces. */
export const pauseImage = 'wharfinger.local/pause:1';
/** The default StorageClass and the provisioner behind it. */
export const storageClassName = 'standard';
export const volumeProvisioner = 'volumes.wharfinger.dev';
