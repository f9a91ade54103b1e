import type { Pod } from '../kube/builtin-kinds.ts';
import type { Source } from '../kube/controller.ts';
import type { Log } from '../kube/log.ts';
import { selectorLabels } from '../resources/labels.ts';
import { isRunning } from './pod-condition.ts';
import type { RegistryReflectors } from './sources.ts';
import type { StorageSurvey } from './storage-survey.ts';

/** Milliseconds between two looks at who is due. */
const tickMs = 5_000;
/** Registries that are asked at the same time. */
const together = 16;

export interface StorageWatchOptions {
  readonly reflectors: Pick<RegistryReflectors, 'registries' | 'pods'>;
  readonly survey: Pick<StorageSurvey, 'isDue' | 'refresh'>;
  readonly log: Log;
}

/**
 * Registries whose storage has changed enough to be told. No watch of the API server knows that, so the replicas are asked now and then; a Registry is
 * reconciled only when there is news, because that may cost the API server requests.
 */
export function storageWatch({ reflectors, survey, log }: StorageWatchOptions): Source {
  const { store: registries } = reflectors.registries;
  const { store: pods } = reflectors.pods;

  function connect(enqueue: (ref: { namespace?: string; name: string }) => void): () => void {
    let isBusy = false;
    const tick = async (): Promise<void> => {
      if (isBusy) return;
      isBusy = true;
      try {
        await look(enqueue);
      } catch (error) {
        log.warn({ err: error }, 'the storages could not be looked at');
      } finally {
        isBusy = false;
      }
    };
    const timer = setInterval(() => void tick(), tickMs);
    timer.unref();
    return () => clearInterval(timer);
  }

  async function look(enqueue: (ref: { namespace?: string; name: string }) => void): Promise<void> {
    const due = registries.list().filter((registry) => survey.isDue(registry));
    for (let index = 0; index < due.length; index += together) {
      const batch = due.slice(index, index + together).map(async (registry) => {
        const { namespace, name } = registry.metadata;
        const running: Pod[] = pods.withLabels(namespace, selectorLabels(name)).filter(isRunning);
        if (running.length > 0 && (await survey.refresh(registry, running))) enqueue({ namespace, name });
      });
      await Promise.all(batch);
    }
  }

  return { reflector: reflectors.registries, connect };
}
