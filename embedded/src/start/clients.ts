import { clientsGroup, kubernetesGroup } from '../binaries/build-groups.ts';
import { ensureBinaries } from '../binaries/build.ts';
import type { BinaryPaths } from '../binaries/build.ts';
import type { Progress } from '../progress.ts';

const { title, packages } = kubernetesGroup;
/** kubectl alone, from the same cache: another cluster needs none of the components. */
const kubectlGroup = {
  ...kubernetesGroup,
  title: `kubectl of ${title}`,
  packages: { kubectl: packages.kubectl },
};

/** The commands that install on a cluster and prove that it works. */
export type Clients = BinaryPaths<'kubectl' | 'helm' | 'crane'>;

/** Builds the clients unless they are in the cache. */
export async function ensureClients(progress: Progress): Promise<Clients> {
  const clients = await ensureBinaries(clientsGroup, progress);
  return { ...clients, ...(await ensureBinaries(kubectlGroup, progress)) };
}
