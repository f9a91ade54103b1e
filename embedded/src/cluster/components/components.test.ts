import { describe, expect, it } from 'vitest';
import type { ClusterContext } from '../context.ts';
import { createLayout } from '../layout.ts';
import { planNetwork } from '../network/network-plan.ts';
import { renderAuditPolicy } from './audit-policy.ts';
import { renderContainerdConfig } from './containerd.ts';
import { renderCorefile } from './coredns.ts';
import { etcdComponent } from './etcd.ts';
import { apiServerComponent } from './kube-apiserver.ts';
import { controllerManagerComponent } from './kube-controller-manager.ts';
import { kubeProxyComponent } from './kube-proxy.ts';
import { schedulerComponent } from './kube-scheduler.ts';
import { kubeletComponent } from './kubelet.ts';
import { volumesComponent } from './volumes.ts';

const context: ClusterContext = {
  layout: createLayout('/state', '/run/w'),
  network: planNetwork('10.5.0.0/24', '10.6.0.0/16'),
  cniPlugins: '/cni',
  binaries: {
    etcd: '/bin/etcd',
    'kube-apiserver': '/bin/kube-apiserver',
    'kube-controller-manager': '/bin/kube-controller-manager',
    'kube-scheduler': '/bin/kube-scheduler',
    'kube-proxy': '/bin/kube-proxy',
    kubelet: '/bin/kubelet',
    kubectl: '/bin/kubectl',
    coredns: '/bin/coredns',
    volumes: '/bin/volumes',
  },
};

describe('components', () => {
  it('keeps etcd on the loopback address', () => {
    const { args } = etcdComponent(context);
    expect(args.filter((arg) => arg.includes('://')).every((arg) => arg.includes('http://127.0.0.1:'))).toBe(
      true,
    );
  });

  it('gives the API server the planned addresses and an audit log', () => {
    const { args } = apiServerComponent(context);
    expect(args).toContain('--advertise-address=10.5.0.1');
    expect(args).toContain('--service-cluster-ip-range=10.6.0.0/16');
    expect(args).toContain('--audit-log-path=/state/logs/audit.log');
  });

  it('never logs a body in the audit log', () => {
    const levels = JSON.parse(renderAuditPolicy()).rules.map((rule: { level: string }) => rule.level);
    expect(new Set(levels)).toEqual(new Set(['None', 'Metadata']));
  });

  it('runs without leader election on the one node', () => {
    expect(controllerManagerComponent(context).args).toContain('--leader-elect=false');
    expect(schedulerComponent(context).args).toContain('--leader-elect=false');
  });

  it('keeps the kubelet below the state directory', () => {
    const { args, files } = kubeletComponent(context);
    expect(args).toContain('--root-dir=/state/kubelet');
    const config = JSON.parse(files['/state/config/kubelet.json'] ?? '');
    expect(config).toMatchObject({ clusterDNS: ['10.5.0.1'], podLogsDir: '/state/pod-logs', oomScoreAdj: 0 });
  });

  it('gives kube-proxy the node ports of the node address only', () => {
    const { files } = kubeProxyComponent(context);
    const config = JSON.parse(files['/state/config/kube-proxy.json'] ?? '');
    expect(config).toMatchObject({ mode: 'nftables', nodePortAddresses: ['10.5.0.1/32'] });
  });

  it('points containerd to its own directories', () => {
    const config = renderContainerdConfig(context.layout, '/cni');
    expect(config).toContain('config_path = "/state/certs.d"');
    expect(config).toContain('address = "/run/w/containerd.sock"');
  });

  it('binds the DNS to the node address', () => {
    expect(renderCorefile(context.layout, context.network, '/z')).toContain('bind 10.5.0.1\n');
  });

  it('keeps volumes below the state directory', () => {
    expect(volumesComponent(context).args).toContain('-directory=/state/volumes');
  });
});
