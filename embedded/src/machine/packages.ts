/** A Debian package and a file that proves that it (or something that serves as well) is installed. */
export interface NeededPackage {
  name: string;
  /** Any one of these is enough. */
  files: readonly string[];
}

function executable(name: string): string[] {
  return ['/usr/bin', '/usr/sbin', '/bin', '/sbin', '/usr/local/bin', '/usr/local/sbin'].map(
    (directory) => `${directory}/${name}`,
  );
}

/** What the embedded cluster takes from Debian. */
export const neededPackages: readonly NeededPackage[] = [
  { name: 'containerd', files: executable('containerd') },
  { name: 'runc', files: executable('runc') },
  { name: 'containernetworking-plugins', files: ['/usr/lib/cni/ptp'] },
  { name: 'nftables', files: executable('nft') },
  { name: 'iproute2', files: executable('ip') },
  { name: 'mount', files: executable('umount') },
  { name: 'openssl', files: executable('openssl') },
  { name: 'ca-certificates', files: ['/etc/ssl/certs/ca-certificates.crt'] },
  { name: 'buildah', files: executable('buildah') },
  {
    name: 'catatonit',
    files: ['/usr/bin/catatonit', '/usr/libexec/catatonit/catatonit', '/usr/libexec/podman/catatonit'],
  },
];

/** The names of those `packages` of which none of the files exists. */
export function missingPackages(
  packages: readonly NeededPackage[],
  exists: (path: string) => boolean,
): string[] {
  return packages.filter(({ files }) => !files.some((file) => exists(file))).map(({ name }) => name);
}
