import { addressAt, formatCidr, parseCidr } from './cidr.ts';

/** The addresses of one cluster. */
export interface NetworkPlan {
  podCidr: string;
  serviceCidr: string;
  /** The node, the API server and the cluster's DNS listen here. */
  nodeAddress: string;
  /** First address of the services: the API server as pods see it. */
  apiServiceAddress: string;
}

/** The link that carries the node's address. */
export const linkName = 'wharfinger0';
/** The port of the API server on the node's address. */
export const apiServerPort = 6443;

const defaultPodCidr = '10.86.0.0/24';
const defaultServiceCidr = '10.87.0.0/16';

/** The plan for two ranges. Throws when one is not an IPv4 range or too small. */
export function planNetwork(
  podCidr: string = defaultPodCidr,
  serviceCidr: string = defaultServiceCidr,
): NetworkPlan {
  const pods = parseCidr(podCidr);
  const services = parseCidr(serviceCidr);
  if (pods.prefix > 25) throw new Error(`${podCidr} has too few addresses for pods: use a /25 or larger`);
  if (services.prefix > 24 || services.prefix < 12)
    throw new Error(`${serviceCidr} is not between a /12 and a /24`);
  return {
    podCidr: formatCidr(pods),
    serviceCidr: formatCidr(services),
    nodeAddress: addressAt(pods, 1),
    apiServiceAddress: addressAt(services, 1),
  };
}
