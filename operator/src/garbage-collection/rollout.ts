import { type StatefulSet, statefulSets } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';
import { rolloutAnnotation } from '../resources/labels.ts';
import { fieldManager } from './kind.ts';
import type { Run } from './run.ts';

export interface RolloutOptions {
  client: Client;
  log: Log;
}

/**
 * Has the pods of a registry replaced once for this run, as `kubectl rollout restart` does; nothing when that was asked for before. A
 * refusal is logged: the run waits for the rollout until its time is over.
 */
export async function rollOut(
  { client, log }: RolloutOptions,
  statefulSet: StatefulSet,
  run: Run,
): Promise<void> {
  const { metadata, spec } = statefulSet;
  if (spec?.template.metadata?.annotations?.[rolloutAnnotation] === run.uid) return;
  const template = { metadata: { annotations: { [rolloutAnnotation]: run.uid } } };
  const patch = { metadata: { uid: metadata.uid }, spec: { template } };
  try {
    await client.patchMerge(statefulSets, metadata, patch, { fieldManager });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    log.warn(
      { err: error, statefulSet: metadata.name },
      'could not begin the rollout of a garbage collection',
    );
  }
}
