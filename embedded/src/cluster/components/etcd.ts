import { loopbackPorts } from '../component.ts';
import type { Component } from '../component.ts';
import type { ClusterContext } from '../context.ts';

/** Where the API server reaches etcd. */
export const etcdUrl = `http://127.0.0.1:${loopbackPorts.etcdClients}`;

/** etcd on the loopback address. */
export function etcdComponent({ layout, binaries }: ClusterContext): Component {
  const peers = `http://127.0.0.1:${loopbackPorts.etcdPeers}`;
  return {
    name: 'etcd',
    command: binaries.etcd,
    args: [
      '--name=wharfinger',
      `--data-dir=${layout.etcd}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=wharfinger=${peers}`,
      // With one member the election timeout is only time lost at each start.
      '--heartbeat-interval=50',
      '--election-timeout=250',
      '--log-outputs=stderr',
    ],
    files: {},
    directories: [layout.etcd],
    health: { kind: 'http', url: `${etcdUrl}/health` },
    startTimeoutMs: 30_000,
  };
}
