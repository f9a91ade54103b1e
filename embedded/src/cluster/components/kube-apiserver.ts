import { join } from 'node:path';
import type { Component } from '../component.ts';
import { clusterDomain } from '../context.ts';
import type { ClusterContext } from '../context.ts';
import { apiServerUrl } from '../kubeconfig.ts';
import { apiServerPort } from '../network/network-plan.ts';
import { renderAuditPolicy } from './audit-policy.ts';
import { etcdUrl } from './etcd.ts';

/** The API server on the node's address, with RBAC, the default admission plugins and an audit log. */
export function apiServerComponent({ layout, network, binaries }: ClusterContext): Component {
  const pki = (file: string): string => join(layout.pki, file);
  const auditPolicy = join(layout.config, 'audit-policy.json');
  const issuer = `https://kubernetes.default.svc.${clusterDomain}`;
  return {
    name: 'kube-apiserver',
    command: binaries['kube-apiserver'],
    args: [
      `--etcd-servers=${etcdUrl}`,
      `--advertise-address=${network.nodeAddress}`,
      `--bind-address=${network.nodeAddress}`,
      `--secure-port=${apiServerPort}`,
      `--client-ca-file=${pki('ca.crt')}`,
      `--tls-cert-file=${pki('apiserver.crt')}`,
      `--tls-private-key-file=${pki('apiserver.key')}`,
      `--kubelet-certificate-authority=${pki('ca.crt')}`,
      `--kubelet-client-certificate=${pki('apiserver-kubelet-client.crt')}`,
      `--kubelet-client-key=${pki('apiserver-kubelet-client.key')}`,
      '--kubelet-preferred-address-types=InternalIP',
      `--service-account-issuer=${issuer}`,
      `--service-account-key-file=${pki('service-accounts.pub')}`,
      `--service-account-signing-key-file=${pki('service-accounts.key')}`,
      `--service-cluster-ip-range=${network.serviceCidr}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      `--audit-policy-file=${auditPolicy}`,
      `--audit-log-path=${layout.auditLog}`,
      '--audit-log-format=json',
      '--audit-log-maxsize=1024',
      '--audit-log-maxbackup=2',
      '--profiling=false',
    ],
    files: { [auditPolicy]: renderAuditPolicy() },
    directories: [],
    health: { kind: 'https', url: `${apiServerUrl(network)}/readyz`, caFile: pki('ca.crt') },
    startTimeoutMs: 90_000,
  };
}
