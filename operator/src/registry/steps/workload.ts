import { configMaps, pods, type StatefulSet, statefulSets } from '../../kube/builtin-kinds.ts';
import { configMap } from '../../resources/config-maps.ts';
import { ownedLabels, trialAnnotation } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import { servedSecretName, servingSecretName } from '../../resources/serving-secret.ts';
import { statefulSet } from '../../resources/stateful-set.ts';
import { fieldManager } from '../kind.ts';
import { isOwned, requireOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';
import { stuckPods } from '../stuck-pods.ts';
import type { Configuration } from './configuration.ts';
import { endTrial, trial, trialDigest } from './trial.ts';

/** `NAME-config` and the StatefulSet, as applied; what was there before as long as the new settings have not shown that they start. */
export async function workload(context: StepContext, configuration: Configuration): Promise<StatefulSet> {
  const { registry, stores, applier, defaultImage } = context;
  const { text, ...rest } = configuration;
  const manifest = statefulSet({ registry, defaultImage, configText: text, ...rest });
  const template = manifest.spec?.template ?? {};
  const ref = {
    namespace: registry.metadata.namespace,
    name: objectNames(registry.metadata.name).statefulSet,
  };
  const live = await applier.find(statefulSets, stores.statefulSets, ref);
  if (live) {
    requireOwned(statefulSets.kind, live, registry);
    const obstacle = await trial(context, { template, configuration, live });
    if (obstacle !== undefined) {
      context.report(obstacle);
      return keepScale(context, live);
    }
  }
  await applier.apply(configMaps, stores.configMaps, configMap(registry, text), (object) =>
    requireOwned(configMaps.kind, object, registry),
  );
  const annotations = { ...manifest.metadata?.annotations, [trialAnnotation]: trialDigest(template) };
  const tried = { ...manifest, metadata: { ...manifest.metadata, annotations } };
  const applied = await applier.apply(statefulSets, stores.statefulSets, tried, (object) =>
    requireOwned(statefulSets.kind, object, registry),
  );
  await endTrial(context);
  const newest = newer(stores.statefulSets.get(applied.metadata), applied);
  await removeStuck(context, newest);
  return newest;
}

/** What was applied before, for when nothing can be applied now. */
export function formerWorkload({ registry, stores }: StepContext): StatefulSet | undefined {
  const { namespace, name } = registry.metadata;
  const live = stores.statefulSets.get({ namespace, name: objectNames(name).statefulSet });
  return live && isOwned(live, registry) ? live : undefined;
}

/**
 * Whether the pods go on with another certificate than the spec asks for, because it is not there, or the new settings are still tried. What
 * leads to them, and tells how they speak, stays as it is until then.
 */
export function servesFormerly(context: StepContext): boolean {
  const former = formerWorkload(context);
  return former !== undefined && servedSecretName(former) !== servingSecretName(context.registry);
}

/** Settings that do not start, or lack their certificate, are no reason not to scale those that do. */
export async function keepScale({ registry, client }: StepContext, live: StatefulSet): Promise<StatefulSet> {
  const { replicas } = registry.spec;
  if (live.spec?.replicas === replicas) return live;
  const patch = { metadata: { uid: live.metadata.uid }, spec: { replicas } };
  return client.patchMerge(statefulSets, live.metadata, patch, { fieldManager });
}

/** With some settings of the cluster a StatefulSet waits for a pod that can never become ready, instead of replacing it. */
async function removeStuck({ registry, stores, client }: StepContext, set: StatefulSet): Promise<void> {
  const { namespace, name } = registry.metadata;
  for (const { metadata } of stuckPods(set, stores.pods.withLabels(namespace, ownedLabels(name)))) {
    await client.delete(pods, metadata, { uid: metadata.uid });
  }
}

/** The newer of the two has the newer status; generations tell whether the status speaks of what was applied. */
function newer(cached: StatefulSet | undefined, applied: StatefulSet): StatefulSet {
  return cached && (cached.metadata.generation ?? 0) >= (applied.metadata.generation ?? 0) ? cached : applied;
}
