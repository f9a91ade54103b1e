/** A CPU architecture an image can be built for, in the names that npm, OCI and Debian use. */
export interface Architecture {
  readonly npm: 'x64' | 'arm64';
  readonly oci: 'amd64' | 'arm64';
  /** Debian's multiarch triplet: the folder below /usr/lib. */
  readonly triplet: string;
}

const architectures: readonly Architecture[] = [
  { npm: 'x64', oci: 'amd64', triplet: 'x86_64-linux-gnu' },
  { npm: 'arm64', oci: 'arm64', triplet: 'aarch64-linux-gnu' },
];

/**
 * The architecture of this machine. Images take the Node binary and the libraries of the machine they are built on, so an
 * image for arm64 is built on an arm64 machine.
 * @throws when there is no image for this machine's architecture
 */
export function machineArchitecture(npmName: string = process.arch): Architecture {
  const found = architectures.find((candidate) => candidate.npm === npmName);
  if (found) return found;
  const known = architectures.map((candidate) => candidate.oci).join(', ');
  throw new Error(
    `Images can be built on ${known}, and this machine is ${npmName}: build on one of those machines.`,
  );
}
