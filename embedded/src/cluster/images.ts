import { run } from '../process/run.ts';

const namespace = 'k8s.io';

/** Anything that knows the socket of the cluster's containerd. */
export interface ContainerdAddress {
  containerdSocket: string;
}

/** Loads the images of an archive (docker-archive or OCI) into the node. Pods name them as the archive does. */
export async function importImage(
  { containerdSocket }: ContainerdAddress,
  archivePath: string,
): Promise<void> {
  await ctr(containerdSocket, ['images', 'import', archivePath], 300_000);
}

/** The names of the images that the node has. */
export async function listImages({ containerdSocket }: ContainerdAddress): Promise<string[]> {
  const output = await ctr(containerdSocket, ['images', 'list', '--quiet'], 30_000);
  return output.split('\n').filter((line) => line !== '');
}

/** The ids of the node's running containers, those that hold pods' namespaces included. */
export async function listRunningContainers({ containerdSocket }: ContainerdAddress): Promise<string[]> {
  const table = await ctr(containerdSocket, ['tasks', 'list'], 30_000);
  return table
    .split('\n')
    .map((line) => line.split(/\s+/))
    .filter(([, , status]) => status === 'RUNNING')
    .map(([id = '']) => id);
}

async function ctr(socket: string, args: readonly string[], timeoutMs: number): Promise<string> {
  return await run('ctr', ['--address', socket, '--namespace', namespace, ...args], { timeoutMs });
}
