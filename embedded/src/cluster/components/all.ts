import type { Component } from '../component.ts';
import type { ClusterContext } from '../context.ts';
import { containerdComponent } from './containerd.ts';
import { dnsComponent } from './coredns.ts';
import { etcdComponent } from './etcd.ts';
import { apiServerComponent } from './kube-apiserver.ts';
import { controllerManagerComponent } from './kube-controller-manager.ts';
import { kubeProxyComponent } from './kube-proxy.ts';
import { schedulerComponent } from './kube-scheduler.ts';
import { kubeletComponent } from './kubelet.ts';
import { volumesComponent } from './volumes.ts';

/** Every component of the cluster. */
export function allComponents(context: ClusterContext): Component[] {
  return [
    etcdComponent(context),
    containerdComponent(context),
    apiServerComponent(context),
    controllerManagerComponent(context),
    schedulerComponent(context),
    kubeletComponent(context),
    kubeProxyComponent(context),
    dnsComponent(context),
    volumesComponent(context),
  ];
}
