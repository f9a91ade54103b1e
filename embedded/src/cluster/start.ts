import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { prepareMachine } from '../machine/preflight.ts';
import { bootstrapCluster } from './bootstrap.ts';
import { describeCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Component } from './component.ts';
import { containerdComponent } from './components/containerd.ts';
import { dnsComponent } from './components/coredns.ts';
import { etcdComponent } from './components/etcd.ts';
import { apiServerComponent } from './components/kube-apiserver.ts';
import { controllerManagerComponent } from './components/kube-controller-manager.ts';
import { kubeProxyComponent } from './components/kube-proxy.ts';
import { schedulerComponent } from './components/kube-scheduler.ts';
import { kubeletComponent } from './components/kubelet.ts';
import { volumesComponent } from './components/volumes.ts';
import { pauseImage } from './context.ts';
import type { ClusterContext } from './context.ts';
import { importImage, listImages } from './images.ts';
import { requireSameNetwork } from './network/same-network.ts';
import { withLock } from './lock.ts';
import { changeMachine } from './machine-changes.ts';
import { requireFreeRanges, setUpNetwork } from './network/setup.ts';
import { createContext, layoutOf } from './options.ts';
import type { ClusterOptions } from './options.ts';
import { ensurePauseArchive } from './pause-image.ts';
import { ensurePki } from './pki/ensure-pki.ts';
import { waitUntilSettled } from './settle.ts';
import { inspectCluster } from './status.ts';
import { stopAllComponents } from './stop-components.ts';
import { isDataDamage, setAsideState } from './damage.ts';
import { startComponent } from './supervisor/start-component.ts';
import { writeKubeconfigs } from './write-kubeconfigs.ts';

/**
 * Brings the embedded cluster up and returns it: at once when it runs, by repairing it when parts of it are missing
 * (its data is kept), from nothing otherwise. Throws MachineProblem when this machine does not allow it, and an error
 * with the component's last log lines when a component does not come up.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  await prepareMachine(layoutOf(options).state, options.progress);
  const context = await createContext(options);
  await withLock(context.layout.lock, options.progress, async () => {
    const { running, components } = await inspectCluster(context);
    if (running) return options.progress.step('the cluster runs');
    if (components.some(({ state }) => state !== 'stopped')) {
      options.progress.step('cleaning up a cluster that runs only in part');
    }
    await stopAllComponents(context.layout);
    await bringUp(context, options).catch(async (error: unknown) => {
      if (!isDataDamage(error)) throw error;
      await setAsideState(context.layout, options);
      await bringUp(context, options);
    });
  });
  return describeCluster(context);
}

async function bringUp(context: ClusterContext, { progress }: ClusterOptions): Promise<void> {
  const { layout, network } = context;
  await requireFreeRanges(network);
  await mkdir(layout.state, { recursive: true, mode: 0o700 });
  await requireSameNetwork(layout, network);
  await mkdir(layout.runtime, { recursive: true, mode: 0o700 });
  await changeMachine(layout, network);

  const up = async (component: Component): Promise<void> => {
    await startComponent(component, layout);
    progress.step(`${component.name} is up`);
  };
  const credentials = async (): Promise<void> => {
    await ensurePki(layout.pki, network);
    await writeKubeconfigs(layout, network);
  };
  const controlPlane = async (): Promise<void> => {
    await all([up(etcdComponent(context)), setUpNetwork(network), credentials(), prepareDnsHosts(context)]);
    await up(apiServerComponent(context));
  };
  const containers = async (): Promise<void> => {
    await up(containerdComponent(context));
    await importPauseImage(context);
  };
  const addons = async (): Promise<void> => {
    await bootstrapCluster(context);
    await all([up(dnsComponent(context)), up(volumesComponent(context))]);
  };
  await all([controlPlane(), containers()]);
  const kubeletStartedAt = Date.now();
  await all([
    up(kubeletComponent(context)),
    up(controllerManagerComponent(context)),
    up(schedulerComponent(context)),
    up(kubeProxyComponent(context)),
    addons(),
  ]);
  await waitUntilSettled(context, kubeletStartedAt, progress);
  progress.step('the node is Ready');
}

/** Waits for all of `work` even when one fails, so that nothing is still starting when the error is shown. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

async function importPauseImage(context: ClusterContext): Promise<void> {
  const address = { containerdSocket: context.layout.containerdSocket };
  if ((await listImages(address)).includes(pauseImage)) return;
  await importImage(address, await ensurePauseArchive());
}

async function prepareDnsHosts({ layout }: ClusterContext): Promise<void> {
  await mkdir(layout.config, { recursive: true, mode: 0o700 });
  if (!existsSync(layout.dnsHosts)) await writeFile(layout.dnsHosts, '');
}
