/** The programs of the cluster, in the order in which a stop ends them last to first. */
export type ComponentName =
  | 'etcd'
  | 'containerd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'coredns'
  | 'volumes';

/** How a component shows that it works. */
export type HealthCheck =
  | { kind: 'http'; url: string }
  /** `caFile` is the certificate authority to trust. */
  | { kind: 'https'; url: string; caFile: string }
  | { kind: 'socket'; path: string }
  /** Only that the process lives. */
  | { kind: 'process' };

/** All that is needed to run one program of the cluster. */
export interface Component {
  name: ComponentName;
  command: string;
  args: readonly string[];
  /** Added to a minimal environment. */
  env?: Readonly<Record<string, string>>;
  /** Configuration files by path. */
  files: Readonly<Record<string, string>>;
  /** Directories that must exist, made with mode 0700. */
  directories: readonly string[];
  health: HealthCheck;
  /** Longest time from its start until it is healthy, in milliseconds. */
  startTimeoutMs: number;
}

/** Ports on the loopback address. Not the usual ones, so that another Kubernetes on the machine is no obstacle. */
export const loopbackPorts = {
  etcdClients: 23790,
  etcdPeers: 23800,
  controllerManager: 20257,
  scheduler: 20259,
  kubeletHealth: 20248,
  proxyHealth: 20256,
  proxyMetrics: 20249,
  dnsReady: 20181,
} as const;
