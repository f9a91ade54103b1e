import { clusterDomain, nodeName } from '../context.ts';
import type { NetworkPlan } from '../network/network-plan.ts';

/** One certificate that the cluster's CA signs. */
export interface CertificateRequest {
  /** Base name of its files. */
  name: string;
  commonName: string;
  organization?: string;
  usages: readonly ('clientAuth' | 'serverAuth')[];
  /** Subject alternative names as openssl writes them, for example `DNS:localhost`. */
  names?: readonly string[];
}

/** User names of the parts that are not Kubernetes' own; bootstrap objects give them their rights. */
export const dnsUser = 'wharfinger:dns';
export const volumesUser = 'wharfinger:volumes';

/** The certificates of a cluster. */
export function planCertificates(network: NetworkPlan): CertificateRequest[] {
  const client = ['clientAuth'] as const;
  const server = ['serverAuth'] as const;
  const apiNames = [
    'DNS:localhost',
    'DNS:kubernetes',
    'DNS:kubernetes.default',
    'DNS:kubernetes.default.svc',
    `DNS:kubernetes.default.svc.${clusterDomain}`,
    'IP:127.0.0.1',
    `IP:${network.apiServiceAddress}`,
    `IP:${network.nodeAddress}`,
  ];
  return [
    { name: 'apiserver', commonName: 'kube-apiserver', usages: server, names: apiNames },
    {
      name: 'apiserver-kubelet-client',
      commonName: 'kube-apiserver-kubelet-client',
      organization: 'system:masters',
      usages: client,
    },
    { name: 'admin', commonName: 'wharfinger-admin', organization: 'system:masters', usages: client },
    { name: 'controller-manager', commonName: 'system:kube-controller-manager', usages: client },
    { name: 'scheduler', commonName: 'system:kube-scheduler', usages: client },
    { name: 'kube-proxy', commonName: 'system:kube-proxy', usages: client },
    { name: 'dns', commonName: dnsUser, usages: client },
    { name: 'volumes', commonName: volumesUser, usages: client },
    { name: 'loopback', commonName: 'loopback', usages: server, names: ['DNS:localhost', 'IP:127.0.0.1'] },
    {
      name: 'kubelet',
      commonName: `system:node:${nodeName}`,
      organization: 'system:nodes',
      usages: ['clientAuth', 'serverAuth'],
      names: [`DNS:${nodeName}`, `IP:${network.nodeAddress}`],
    },
  ];
}
