import { join } from 'node:path';
import { loopbackPorts } from '../component.ts';
import type { Component } from '../component.ts';
import { clusterDomain } from '../context.ts';
import type { ClusterContext } from '../context.ts';
import { kubeconfigPath } from '../kubeconfig.ts';
import type { Layout } from '../layout.ts';
import type { NetworkPlan } from '../network/network-plan.ts';

/** CoreDNS on the node's address. It knows the cluster and the names of layout.dnsHosts; everything else does not exist. */
export function dnsComponent({ layout, network, binaries }: ClusterContext): Component {
  const configFile = join(layout.config, 'Corefile');
  const zoneFile = join(layout.config, 'root.zone');
  return {
    name: 'coredns',
    command: binaries.coredns,
    args: ['-conf', configFile],
    files: {
      [configFile]: renderCorefile(layout, network, zoneFile),
      [zoneFile]: '@ 5 IN SOA ns.invalid. hostmaster.invalid. 1 60 60 60 5\n@ 5 IN NS ns.invalid.\n',
    },
    directories: [],
    health: { kind: 'http', url: `http://127.0.0.1:${loopbackPorts.dnsReady}/ready` },
    startTimeoutMs: 60_000,
  };
}

/** CoreDNS's configuration. The empty root zone makes unknown names fail at once instead of after a timeout. */
export function renderCorefile(layout: Layout, network: NetworkPlan, zoneFile: string): string {
  return `.:53 {
  bind ${network.nodeAddress}
  errors
  ready 127.0.0.1:${loopbackPorts.dnsReady}
  hosts ${layout.dnsHosts} {
    reload 1s
    ttl 5
    fallthrough
  }
  kubernetes ${clusterDomain} in-addr.arpa {
    kubeconfig ${kubeconfigPath(layout, 'dns')}
    pods insecure
    ttl 5
    fallthrough in-addr.arpa
  }
  file ${zoneFile} .
}
`;
}
