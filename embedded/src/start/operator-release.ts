import { join } from 'node:path';
import { run } from '../process/run.ts';
import { clusterArguments } from './kubectl.ts';
import { imageValues } from './image-values.ts';
import { messageOf, StartFailure } from './failure.ts';
import { operatorNamespace } from './namespaces.ts';
import type { Target } from './target.ts';

export const releaseName = 'wharfinger';
const timeoutSeconds = 120;

/** The arguments of `helm` that install the operator from `chart`, or bring it up to date. */
function releaseArguments(chart: string, { images, takeOwnership }: Target): string[] {
  const values = [...imageValues('image', images.operator), ...imageValues('registryImage', images.registry)];
  const release = ['upgrade', '--install', releaseName, chart, '--namespace', operatorNamespace];
  const settings = values.flatMap((value) => ['--set-string', value]);
  const ownership = takeOwnership ? ['--take-ownership'] : [];
  return [...release, ...settings, ...ownership, '--wait', '--timeout', `${timeoutSeconds}s`];
}

/** Installs the operator with Helm and waits until it is Ready. */
export async function installOperator(helm: string, target: Target, root: string): Promise<void> {
  const { cluster } = target;
  const args = [
    ...clusterArguments(cluster),
    ...releaseArguments(join(root, 'charts', 'wharfinger'), target),
  ];
  try {
    await run(helm, args, { timeoutMs: (timeoutSeconds + 30) * 1000 });
  } catch (error) {
    throw new StartFailure(
      `Helm could not install the operator: ${messageOf(error)}`,
      `kubectl --kubeconfig ${cluster.kubeconfig} --namespace ${operatorNamespace} get pods,events`,
    );
  }
}
