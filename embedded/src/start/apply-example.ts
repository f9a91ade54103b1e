import { WaitTimeout, waitFor } from '../process/wait.ts';
import type { Progress } from '../progress.ts';
import { messageOf, StartFailure } from './failure.ts';
import type { RegistryDocument } from './example-registry.ts';
import { applyObjects, readObject } from './kubectl.ts';
import { changedConditions, isReady, whyNotReady } from './readiness.ts';
import type { Conditioned } from './readiness.ts';
import type { Target } from './target.ts';

const timeoutMs = 120_000;
const kind = 'registries.wharfinger.dev';

/** Applies `registry` and waits until it is Ready on the target's image, telling its conditions as they change. */
export async function applyExample(
  { cluster, images }: Target,
  registry: RegistryDocument,
  progress: Progress,
): Promise<void> {
  const { name, namespace } = registry.metadata;
  const lookAt = `kubectl --kubeconfig ${cluster.kubeconfig} --namespace ${namespace} describe registry ${name}`;
  let last: Conditioned | undefined;
  try {
    await applyObjects(cluster, [registry]);
    await waitFor(
      async () => {
        const now = await readObject<Conditioned>(cluster, namespace, kind, name);
        if (!now) return false;
        for (const line of changedConditions(last, now)) progress.step(`registry ${name}: ${line}`);
        last = now;
        return isReady(now, images.registry);
      },
      { what: 'its Ready condition', timeoutMs, intervalMs: 400 },
    );
  } catch (error) {
    if (!(error instanceof WaitTimeout)) {
      throw new StartFailure(
        `The Registry ${namespace}/${name} could not be applied: ${messageOf(error)}`,
        lookAt,
      );
    }
    const seconds = timeoutMs / 1000;
    throw new StartFailure(
      `The Registry ${namespace}/${name} was not Ready within ${seconds} s: ${whyNotReady(last)}`,
      lookAt,
    );
  }
}
