import { join } from 'node:path';
import { run } from '../process/run.ts';

/** Where buildah keeps images: a folder of our own, so that the user's images are left alone. It needs root. */
export interface ImageStore {
  readonly directory: string;
}

/** What a Containerfile is built with. */
export interface ContainerfileBuild {
  readonly context: string;
  readonly reference: string;
  readonly architecture: string;
  readonly buildArguments: Readonly<Record<string, string>>;
  /** Seconds since 1970 that every file and the image itself is dated. */
  readonly epochSeconds: number;
}

const timeoutMs = 300_000;

/** Builds `context`/Containerfile; the same context gives the same digests. */
export async function buildContainerfile(store: ImageStore, build: ContainerfileBuild): Promise<void> {
  const variables = Object.entries(build.buildArguments).flatMap(([name, value]) => [
    '--build-arg',
    `${name}=${value}`,
  ]);
  const options = ['--isolation=chroot', '--layers', '--identity-label=false', '--format=oci', '--quiet'];
  const identity = [
    `--timestamp=${build.epochSeconds}`,
    `--arch=${build.architecture}`,
    `--tag=${build.reference}`,
  ];
  const files = ['--file', join(build.context, 'Containerfile'), build.context];
  await buildah(store, ['bud', ...options, ...identity, ...variables, ...files]);
}

/** Writes the image `reference` to the new file `archive`, in the form of `docker save`, which keeps its name. */
export async function saveImage(store: ImageStore, reference: string, archive: string): Promise<void> {
  await buildah(store, ['push', '--quiet', reference, `docker-archive:${archive}:${reference}`]);
}

async function buildah({ directory }: ImageStore, args: readonly string[]): Promise<void> {
  const storage = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run')];
  // One driver everywhere: the digests of a layer depend on it.
  await run('buildah', ['--storage-driver=overlay', ...storage, ...args], { timeoutMs });
}
