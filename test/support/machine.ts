import {
  certManagerGroup,
  connectCluster,
  createProgress,
  ensureBinaries,
  fluxGroup,
  healthGroup,
  installMissingPackages,
  orasGroup,
  peersGroup,
  type NeededPackage,
} from '@wharfinger/embedded';
import { started } from './started.ts';

/** Where the embedded cluster keeps its state. */
export const stateDirectory = '/var/lib/wharfinger';

/** Clients and peers that the tests and the benchmark take from Debian, beside what the cluster itself needs. */
const packages: readonly NeededPackage[] = [
  { name: 'skopeo', files: ['/usr/bin/skopeo'] },
  { name: 'podman', files: ['/usr/bin/podman'] },
  { name: 'docker.io', files: ['/usr/sbin/dockerd', '/usr/bin/docker'] },
  { name: 'docker-registry', files: ['/usr/bin/docker-registry'] },
  { name: 'apache2-utils', files: ['/usr/bin/htpasswd'] },
  { name: 'curl', files: ['/usr/bin/curl'] },
  // What NodeTrust runs on nodes of Debian's family.
  { name: 'ca-certificates', files: ['/usr/sbin/update-ca-certificates'] },
  { name: 'wrk', files: ['/usr/bin/wrk'] },
  { name: 'prometheus', files: ['/usr/bin/promtool'] },
  { name: 'procps', files: ['/bin/ps', '/usr/bin/ps'] },
];

/** Makes real clients and the peers available: Debian packages, and distribution v3 built from its Go module. */
export async function preparePeers(): Promise<void> {
  const progress = createProgress();
  await installMissingPackages(progress, packages);
  await ensureBinaries(peersGroup, progress);
  await ensureBinaries(orasGroup, progress);
  await ensureBinaries(certManagerGroup, progress);
  await ensureBinaries(healthGroup, progress);
  await ensureBinaries(fluxGroup, progress);
}

export async function clusterIsRunning(): Promise<boolean> {
  return connectCluster().then(
    () => true,
    () => false,
  );
}

/** The address of the embedded node, at which node ports answer on this machine. */
export function nodeAddress(): string {
  return started().registry.host.replace(/:\d+$/, '');
}
