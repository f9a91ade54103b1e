export { binaryPath } from './binaries/binary-path.ts';
export type { BinaryName } from './binaries/binary-path.ts';
export {
  addonsGroup,
  certManagerGroup,
  clientsGroup,
  edgeGroup,
  fluxGroup,
  healthGroup,
  kubernetesGroup,
  orasGroup,
  peersGroup,
} from './binaries/build-groups.ts';
export { ensureBinaries } from './binaries/build.ts';
export { moduleDirectory } from './binaries/module-directory.ts';
export { cacheDirectory } from './binaries/cache-directory.ts';
export type { Cluster } from './cluster/cluster.ts';
export { connectCluster } from './cluster/connect.ts';
export { bundle } from './images/bundle.ts';
export { imageDefinitions } from './images/image-definition.ts';
export { importImage, listImages } from './cluster/images.ts';
export type { ClusterOptions } from './cluster/options.ts';
export { restartKubelet } from './cluster/restart-kubelet.ts';
export { startCluster } from './cluster/start.ts';
export { stopCluster } from './cluster/stop.ts';
export type { StopOptions } from './cluster/stop.ts';
export { MachineProblem } from './machine/machine-problem.ts';
export { createProgress, silentProgress } from './progress.ts';
export type { Progress } from './progress.ts';
export { installMissingPackages } from './machine/install-packages.ts';
export type { NeededPackage } from './machine/packages.ts';
