import { join } from 'node:path';
import { loopbackPorts } from '../component.ts';
import type { Component } from '../component.ts';
import type { ClusterContext } from '../context.ts';

/** Where the API server reaches etcd. */
export const etcdUrl = `http://127.0.0.1:${loopbackPorts.etcdClients}`;

/** etcd on the loopback address. */
export function etcdComponent({ layout }: ClusterContext): Component {
  const peers = `http://127.0.0.1:${loopbackPorts.etcdPeers}`;
  return {
    name: 'etcd',
    command: 'etcd',
    args: [
      '--name=wharfinger',
      `--data-dir=${join(layout.etcd)}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=wharfinger=${peers}`,
      '--auto-compaction-retention=1',
      '--logger=zap',
      '--log-outputs=stderr',
    ],
    env: { ETCD_UNSUPPORTED_ARCH: process.arch === 'arm64' ? 'arm64' : '' },
    files: {},
    directories: [layout.etcd],
    health: { kind: 'http', url: `${etcdUrl}/health` },
    startTimeoutMs: 30_000,
  };
}
