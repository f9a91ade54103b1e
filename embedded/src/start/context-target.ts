import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeImages } from '../images/build.ts';
import { run } from '../process/run.ts';
import type { Progress } from '../progress.ts';
import type { StartArguments } from './arguments.ts';
import { writePrivateFile } from './client-files.ts';
import { contextDirectory } from './directories.ts';
import { messageOf, StartFailure } from './failure.ts';
import { kubectl } from './kubectl.ts';
import { ensurePortForward } from './port-forward.ts';
import type { Target } from './target.ts';

/**
 * The cluster of a context of the user's kubeconfig. Its registry is reached through `kubectl port-forward`, which goes on
 * until `npm stop -- --context NAME`; the certificate therefore names 127.0.0.1 too.
 * @throws StartFailure when the context does not exist or its cluster does not answer
 */
export async function openContextTarget(
  context: string,
  { image, registryImage }: StartArguments,
  binary: string,
  progress: Progress,
): Promise<Target> {
  const kubeconfig = await readContext(binary, context);
  const directory = contextDirectory(context);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const cluster = { binary, kubeconfig: join(directory, 'kubeconfig') };
  await writePrivateFile(cluster.kubeconfig, kubeconfig);
  try {
    await kubectl(cluster, ['get', '--raw', '/readyz'], { timeoutMs: 15_000 });
  } catch (error) {
    throw new StartFailure(
      `The cluster of the context ${context} does not answer: ${messageOf(error)}`,
      `kubectl --context ${context} get --raw /readyz`,
    );
  }
  const images = await chooseImages(image, registryImage, progress);
  return {
    cluster,
    directory,
    images,
    settings: { tls: { selfSigned: { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] } } },
    takeOwnership: false,
    stopCommand: `npm stop -- --context ${context}`,
    reach: async ({ metadata }) => {
      const port = await ensurePortForward(cluster, metadata.namespace, metadata.name, directory);
      return `127.0.0.1:${port}`;
    },
  };
}

/** The part of the user's kubeconfig that belongs to `context`, which is then the current one. */
async function readContext(binary: string, context: string): Promise<string> {
  try {
    return await run(binary, ['config', 'view', '--raw', '--minify', '--flatten', '--context', context], {
      timeoutMs: 15_000,
    });
  } catch {
    throw new StartFailure(`The kubeconfig has no context ${context}.`, 'kubectl config get-contexts');
  }
}

async function chooseImages(
  operator: string | undefined,
  registry: string | undefined,
  progress: Progress,
): Promise<Target['images']> {
  if (operator !== undefined && registry !== undefined) return { operator, registry };
  const built = await describeImages();
  const images = {
    operator: operator ?? built.operator.reference,
    registry: registry ?? built.registry.reference,
  };
  progress.step(
    `the cluster must be able to get ${images.operator} and ${images.registry}: load the archives that \`npm run images\` ` +
      'builds into its nodes, or push them and name them by --image and --registry-image',
  );
  return images;
}
