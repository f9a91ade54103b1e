import { join } from 'node:path';
import { loopbackPorts } from '../component.ts';
import type { Component } from '../component.ts';
import type { ClusterContext } from '../context.ts';
import { kubeconfigPath } from '../kubeconfig.ts';

/** The scheduler. */
export function schedulerComponent({ layout, binaries }: ClusterContext): Component {
  const kubeconfig = kubeconfigPath(layout, 'scheduler');
  return {
    name: 'kube-scheduler',
    command: binaries['kube-scheduler'],
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${loopbackPorts.scheduler}`,
      `--tls-cert-file=${join(layout.pki, 'loopback.crt')}`,
      `--tls-private-key-file=${join(layout.pki, 'loopback.key')}`,
      '--leader-elect=false',
      '--profiling=false',
    ],
    files: {},
    directories: [],
    health: {
      kind: 'https',
      url: `https://127.0.0.1:${loopbackPorts.scheduler}/healthz`,
      caFile: join(layout.pki, 'ca.crt'),
    },
    startTimeoutMs: 60_000,
  };
}
