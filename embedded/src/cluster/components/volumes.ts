import type { Component } from '../component.ts';
import { nodeName, volumeProvisioner } from '../context.ts';
import type { ClusterContext } from '../context.ts';
import { kubeconfigPath } from '../kubeconfig.ts';

/** The provisioner behind the default StorageClass: a directory for each claim. */
export function volumesComponent({ layout, binaries }: ClusterContext): Component {
  return {
    name: 'volumes',
    command: binaries.volumes,
    args: [
      `-kubeconfig=${kubeconfigPath(layout, 'volumes')}`,
      `-directory=${layout.volumes}`,
      `-node=${nodeName}`,
      `-provisioner=${volumeProvisioner}`,
    ],
    files: {},
    directories: [layout.volumes],
    health: { kind: 'process' },
    startTimeoutMs: 10_000,
  };
}
