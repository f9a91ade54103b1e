import type { Cluster } from '../cluster/cluster.ts';
import { importImage, listImages } from '../cluster/images.ts';
import { startCluster } from '../cluster/start.ts';
import { buildImages } from '../images/build.ts';
import type { ProjectImages } from '../images/build.ts';
import { prepareMachine } from '../machine/preflight.ts';
import { createLayout } from '../cluster/layout.ts';
import type { Progress } from '../progress.ts';
import { embeddedDirectory } from './directories.ts';
import type { Target } from './target.ts';

/** Port of the node that leads to the example registry. */
const nodePort = 30_500;

/** The Kubernetes that this machine runs, brought up if needed, with the images of this clone on its node. */
export async function openEmbeddedTarget(progress: Progress): Promise<Target> {
  // First of all, because it installs what the images are built with.
  await prepareMachine(createLayout().state, progress);
  const [cluster, images] = await Promise.all([startCluster({ progress }), buildImages(progress)]);
  await importMissing(cluster, images, progress);
  return {
    cluster: { binary: cluster.kubectl, kubeconfig: cluster.kubeconfig },
    directory: embeddedDirectory,
    images: { operator: images.operator.reference, registry: images.registry.reference },
    settings: { hostname: cluster.nodeAddress, service: { type: 'NodePort', nodePort } },
    takeOwnership: true,
    stopCommand: 'npm stop',
    reach: async () => await Promise.resolve(`${cluster.nodeAddress}:${nodePort}`),
  };
}

async function importMissing(cluster: Cluster, images: ProjectImages, progress: Progress): Promise<void> {
  const present = await listImages(cluster);
  for (const { reference, archive } of Object.values(images)) {
    if (present.includes(reference)) continue;
    progress.step(`loading ${reference} into the node`);
    await importImage(cluster, archive);
  }
}
