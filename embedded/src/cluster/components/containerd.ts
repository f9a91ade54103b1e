import { join } from 'node:path';
import type { Component } from '../component.ts';
import { pauseImage } from '../context.ts';
import type { ClusterContext } from '../context.ts';
import type { Layout } from '../layout.ts';
import type { NetworkPlan } from '../network/network-plan.ts';

/** containerd with a root, a state and a socket of its own. */
export function containerdComponent({ layout, network, cniPlugins }: ClusterContext): Component {
  const configFile = join(layout.config, 'containerd.toml');
  return {
    name: 'containerd',
    command: 'containerd',
    args: ['--config', configFile],
    files: {
      [configFile]: renderContainerdConfig(layout, cniPlugins),
      [join(layout.cniConfig, '10-wharfinger.conflist')]: renderCniConfig(layout, network),
    },
    directories: [layout.containerd, layout.containerdState, layout.certsDirectory, layout.cniConfig],
    health: { kind: 'socket', path: layout.containerdSocket },
    startTimeoutMs: 30_000,
  };
}

/** containerd's configuration file (version 2, as containerd 1.6 reads it). */
export function renderContainerdConfig(layout: Layout, cniPlugins: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  // Without CAP_SYS_RESOURCE no process may lower its OOM score; restrict_oom_score_adj makes containerd keep to that.
  return `version = 2
root = ${quote(layout.containerd)}
state = ${quote(layout.containerdState)}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]

[grpc]
address = ${quote(layout.containerdSocket)}

[ttrpc]
address = ${quote(`${layout.containerdSocket}.ttrpc`)}

[${cri}]
sandbox_image = ${quote(pauseImage)}
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
stream_server_address = "127.0.0.1"

[${cri}.containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
BinaryName = "runc"
Root = ${quote(layout.runc)}
SystemdCgroup = false

[${cri}.cni]
bin_dir = ${quote(cniPlugins)}
conf_dir = ${quote(layout.cniConfig)}

[${cri}.registry]
config_path = ${quote(layout.certsDirectory)}
`;
}

/** The pod network: each pod has a link of its own to the node, and all traffic is routed. */
function renderCniConfig(layout: Layout, network: NetworkPlan): string {
  return `${JSON.stringify(
    {
      cniVersion: '0.4.0',
      name: 'wharfinger',
      plugins: [
        {
          type: 'ptp',
          ipMasq: false,
          ipam: {
            type: 'host-local',
            dataDir: layout.cniState,
            ranges: [[{ subnet: network.podCidr }]],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
      ],
    },
    null,
    2,
  )}\n`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
