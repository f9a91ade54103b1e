import { linkName } from './network-plan.ts';
import type { NetworkPlan } from './network-plan.ts';

/** The nft table of the cluster; kube-proxy has its own. */
const nftTable = 'wharfinger';

/** Tables that the cluster makes, as arguments of `nft delete table`. */
export const clusterTables: readonly (readonly [family: string, name: string])[] = [
  ['ip', nftTable],
  ['ip', 'kube-proxy'],
  ['ip6', 'kube-proxy'],
];

/** An nft script that (again) makes the table by which pods reach other networks under the machine's address. */
export function renderNftRules(plan: NetworkPlan): string {
  const inside = `{ ${plan.podCidr}, ${plan.serviceCidr} }`;
  return `table ip ${nftTable}
delete table ip ${nftTable}
table ip ${nftTable} {
  comment "pods of the cluster on ${linkName}"
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${plan.podCidr} ip daddr != ${inside} masquerade
  }
}
`;
}
