import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

/** The release of Kubernetes that embedded/go/go.mod pins. */
const kubernetesVersion = 'v1.35.4';

/** Binaries that are built by one `go build`. */
export interface BuildGroup {
  /** For progress lines. */
  title: string;
  /** Directory of the go.mod, ending in a slash. */
  module: string;
  /** Package path of each binary. */
  packages: Readonly<Record<string, string>>;
  ldflags: readonly string[];
}

const goDirectory = fileURLToPath(new URL('../../go/', import.meta.url));
const kubernetesCommand = 'k8s.io/kubernetes/cmd';
const versionPackage = 'k8s.io/component-base/version';
const [major = '', minor = ''] = kubernetesVersion.slice(1).split('.');
const stripped = ['-s', '-w'];
// The same flags for all of a module, because they are part of what Go's build cache looks up.
const kubernetesFlags = [
  ...stripped,
  `-X ${versionPackage}.gitVersion=${kubernetesVersion}`,
  `-X ${versionPackage}.gitMajor=${major}`,
  `-X ${versionPackage}.gitMinor=${minor}`,
  `-X ${versionPackage}.gitTreeState=clean`,
];

/** etcd, the components of the control plane and the node, and kubectl. */
export const kubernetesGroup = {
  title: `Kubernetes ${kubernetesVersion}`,
  module: goDirectory,
  packages: {
    etcd: './etcd',
    'kube-apiserver': `${kubernetesCommand}/kube-apiserver`,
    'kube-controller-manager': `${kubernetesCommand}/kube-controller-manager`,
    'kube-scheduler': `${kubernetesCommand}/kube-scheduler`,
    kubelet: `${kubernetesCommand}/kubelet`,
    'kube-proxy': `${kubernetesCommand}/kube-proxy`,
    kubectl: `${kubernetesCommand}/kubectl`,
  },
  ldflags: kubernetesFlags,
} as const satisfies BuildGroup;

/** Cluster DNS and the provisioner of volumes. */
export const addonsGroup = {
  title: 'cluster DNS and volume provisioner',
  module: `${goDirectory}addons/`,
  packages: { coredns: './coredns', volumes: './volumes' },
  ldflags: stripped,
} as const satisfies BuildGroup;

/** Clients that install and prove things on a cluster. */
export const clientsGroup = {
  title: 'Helm and crane',
  module: goDirectory,
  packages: {
    helm: 'helm.sh/helm/v4/cmd/helm',
    crane: 'github.com/google/go-containerregistry/cmd/crane',
  },
  ldflags: kubernetesFlags,
} as const satisfies BuildGroup;

/** Other registries, for comparisons in tests and benchmarks. */
export const peersGroup = {
  title: 'the peer registry distribution v3',
  module: `${goDirectory}peers/`,
  packages: { registry: 'github.com/distribution/distribution/v3/cmd/registry' },
  ldflags: stripped,
} as const satisfies BuildGroup;

/** A client that only the tests use; a module of its own, so that its dependencies never move those of others. */
export const orasGroup = {
  title: 'oras',
  module: `${goDirectory}oras/`,
  packages: { oras: 'oras.land/oras/cmd/oras' },
  ldflags: stripped,
} as const satisfies BuildGroup;

/** Traefik, which leads from outside to a Registry; for the long campaigns alone, because its build takes about nine CPU-minutes. */
export const edgeGroup = {
  title: 'Traefik',
  module: `${goDirectory}traefik/`,
  packages: { traefik: 'github.com/traefik/traefik/v3/cmd/traefik' },
  ldflags: stripped,
} as const satisfies BuildGroup;

/** cert-manager, for the tests; the last release whose commands are in its root module. */
export const certManagerGroup = {
  title: 'cert-manager',
  module: `${goDirectory}cert-manager/`,
  packages: {
    controller: 'github.com/cert-manager/cert-manager/cmd/controller',
    webhook: 'github.com/cert-manager/cert-manager/cmd/webhook',
  },
  ldflags: stripped,
} as const satisfies BuildGroup;

/** A program that judges objects as GitOps tools do, for the tests. */
export const healthGroup = {
  title: 'health of objects for GitOps tools',
  module: `${goDirectory}gitops/`,
  packages: { health: './health' },
  ldflags: stripped,
} as const satisfies BuildGroup;

/** Flux's controller that applies, for the tests. */
export const fluxGroup = {
  title: 'kustomize-controller of Flux',
  module: `${goDirectory}gitops/`,
  packages: { 'kustomize-controller': 'github.com/fluxcd/kustomize-controller' },
  ldflags: stripped,
} as const satisfies BuildGroup;

/** The arguments of `go` that build the packages `names` of `group` into the directory `output`. */
export function goBuildArguments(group: BuildGroup, names: readonly string[], output: string): string[] {
  const packages = names.map((name) => group.packages[name] ?? name);
  return [
    'build',
    '-v',
    '-trimpath',
    '-buildvcs=false',
    '-ldflags',
    group.ldflags.join(' '),
    '-o',
    output,
    ...packages,
  ];
}

/** Names what is built from `sources` (the contents of the module's own files) with the flags of `group`. */
export function buildKey(group: BuildGroup, sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of [group.ldflags.join(' '), process.arch, ...sources]) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}
