import { join } from 'node:path';

/** Every path that the cluster uses. All lie below `state` or `runtime`. */
export interface Layout {
  /** Survives a reboot: etcd's data, images, volumes, certificates, logs. */
  state: string;
  /** Where the state of a cluster goes whose data etcd cannot read any more. */
  damagedState: string;
  /** Does not survive a reboot: sockets, mounts, network state. */
  runtime: string;
  pki: string;
  config: string;
  logs: string;
  kubeconfigs: string;
  /** Credentials of the cluster's administrator. */
  adminKubeconfig: string;
  /** The processes that run for the cluster. */
  processes: string;
  /** What else was changed on the machine and must be undone. */
  machineChanges: string;
  /** The network plan that the data was made with. */
  networkPlan: string;
  etcd: string;
  auditLog: string;
  kubelet: string;
  podLogs: string;
  volumes: string;
  containerd: string;
  containerdState: string;
  containerdSocket: string;
  /** containerd's registry.config_path: one folder with a hosts.toml for each registry host. */
  certsDirectory: string;
  cniConfig: string;
  cniState: string;
  runc: string;
  /** Extra names for the cluster's DNS, in the format of /etc/hosts; read again within 5 s of a change. */
  dnsHosts: string;
  lock: string;
}

const defaultState = '/var/lib/wharfinger/cluster';
const defaultRuntime = '/run/wharfinger';

/** The layout below two directories. */
export function createLayout(state: string = defaultState, runtime: string = defaultRuntime): Layout {
  const config = join(state, 'config');
  const kubeconfigs = join(state, 'kubeconfigs');
  return {
    state,
    damagedState: `${state}.damaged`,
    runtime,
    pki: join(state, 'pki'),
    config,
    logs: join(state, 'logs'),
    kubeconfigs,
    adminKubeconfig: join(kubeconfigs, 'admin.conf'),
    processes: join(state, 'processes.json'),
    machineChanges: join(state, 'machine-changes.json'),
    networkPlan: join(state, 'network.json'),
    etcd: join(state, 'etcd'),
    auditLog: join(state, 'logs', 'audit.log'),
    kubelet: join(state, 'kubelet'),
    podLogs: join(state, 'pod-logs'),
    volumes: join(state, 'volumes'),
    containerd: join(state, 'containerd'),
    containerdState: join(runtime, 'containerd'),
    containerdSocket: join(runtime, 'containerd.sock'),
    certsDirectory: join(state, 'certs.d'),
    cniConfig: join(config, 'cni'),
    cniState: join(runtime, 'cni'),
    runc: join(runtime, 'runc'),
    dnsHosts: join(config, 'hosts'),
    lock: `${runtime}.lock`,
  };
}
