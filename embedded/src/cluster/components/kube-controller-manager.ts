import { join } from 'node:path';
import { loopbackPorts } from '../component.ts';
import type { Component } from '../component.ts';
import type { ClusterContext } from '../context.ts';
import { kubeconfigPath } from '../kubeconfig.ts';

/** The controller manager, which also signs certificates with the cluster's CA. */
export function controllerManagerComponent({ layout, binaries }: ClusterContext): Component {
  const pki = (file: string): string => join(layout.pki, file);
  const kubeconfig = kubeconfigPath(layout, 'controller-manager');
  return {
    name: 'kube-controller-manager',
    command: binaries['kube-controller-manager'],
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${loopbackPorts.controllerManager}`,
      `--tls-cert-file=${pki('loopback.crt')}`,
      `--tls-private-key-file=${pki('loopback.key')}`,
      `--root-ca-file=${pki('ca.crt')}`,
      `--cluster-signing-cert-file=${pki('ca.crt')}`,
      `--cluster-signing-key-file=${pki('ca.key')}`,
      `--service-account-private-key-file=${pki('service-accounts.key')}`,
      '--use-service-account-credentials=true',
      '--allocate-node-cidrs=false',
      '--leader-elect=false',
      '--profiling=false',
    ],
    files: {},
    directories: [],
    health: {
      kind: 'https',
      url: `https://127.0.0.1:${loopbackPorts.controllerManager}/healthz`,
      caFile: pki('ca.crt'),
    },
    startTimeoutMs: 60_000,
  };
}
