import { addonsGroup, kubernetesGroup } from '../binaries/build-groups.ts';
import { ensureBinaries } from '../binaries/build.ts';
import type { Progress } from '../progress.ts';
import type { ClusterContext } from './context.ts';
import { createLayout } from './layout.ts';
import type { Layout } from './layout.ts';
import { planNetwork } from './network/network-plan.ts';
import type { NetworkPlan } from './network/network-plan.ts';

/** Where and with which addresses the cluster runs. */
export interface ClusterOptions {
  progress: Progress;
  /** Default /var/lib/wharfinger/cluster. */
  state?: string;
  /** Default /run/wharfinger. */
  runtime?: string;
  /** Default: the environment's WHARFINGER_POD_CIDR, else 10.86.0.0/24. */
  podCidr?: string;
  /** Default: the environment's WHARFINGER_SERVICE_CIDR, else 10.87.0.0/16. */
  serviceCidr?: string;
}

/** Where Debian's containernetworking-plugins lie. */
const cniPlugins = '/usr/lib/cni';

/** The paths that `options` mean. */
export function layoutOf(options: ClusterOptions): Layout {
  return createLayout(options.state, options.runtime);
}

/** The addresses that `options` mean. */
function networkOf(options: ClusterOptions): NetworkPlan {
  return planNetwork(
    options.podCidr ?? (process.env['WHARFINGER_POD_CIDR'] || undefined),
    options.serviceCidr ?? (process.env['WHARFINGER_SERVICE_CIDR'] || undefined),
  );
}

/** The context of a cluster with `options`; builds the binaries when they are not in the cache. */
export async function createContext(options: ClusterOptions): Promise<ClusterContext> {
  const kubernetes = await ensureBinaries(kubernetesGroup, options.progress);
  const addons = await ensureBinaries(addonsGroup, options.progress);
  return {
    layout: layoutOf(options),
    network: networkOf(options),
    binaries: { ...kubernetes, ...addons },
    cniPlugins,
  };
}
