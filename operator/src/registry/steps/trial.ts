import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';
import { configMaps, type Pod, pods, type StatefulSet } from '../../kube/builtin-kinds.ts';
import { trialConfigMap } from '../../resources/config-maps.ts';
import { trialAnnotation } from '../../resources/labels.ts';
import type { Manifest } from '../../resources/manifest.ts';
import { objectNames } from '../../resources/names.ts';
import { trialPod } from '../../resources/trial-pod.ts';
import { includes, manifestHash } from '../drift.ts';
import { isOwned, requireOwned } from '../ownership.ts';
import { isReady } from '../pod-condition.ts';
import { type Problem, stalled, waiting } from '../problem.ts';
import type { StepContext } from '../step.ts';
import { trialTrouble } from '../trial-trouble.ts';
import type { Configuration } from './configuration.ts';

export interface Tried {
  readonly template: Manifest<V1PodTemplateSpec>;
  readonly configuration: Configuration;
  /** The StatefulSet that is there. */
  readonly live: StatefulSet;
}

/** Milliseconds after its start and its checks in which the kubelet must have seen that a container is ready. */
const patienceMs = 15_000;
/** Milliseconds after which a pod that its node gave up is made anew. */
const failedMs = 30_000;

/** Names what a trial shows to start. */
export function trialDigest(template: Manifest<V1PodTemplateSpec>): string {
  return manifestHash(template);
}

/**
 * Why the pods that serve must not be replaced by ones of this template: a pod beside them has yet to show that it starts, or does not
 * start. Undefined when it did, and when nothing serves that could be lost.
 */
export async function trial(context: StepContext, tried: Tried): Promise<Problem | undefined> {
  const { registry, stores, applier, client } = context;
  const { template, configuration, live } = tried;
  const digest = trialDigest(template);
  if (registry.spec.replicas === 0 || !isNews(live, template, digest)) return undefined;
  const { namespace, name } = registry.metadata;
  const ref = { namespace, name: objectNames(name).trial };
  const trying = waiting(
    'Trying',
    `pod ${ref.name} tries the new settings before they reach the pods that serve`,
  );
  const found = stores.pods.get(ref);
  if (found?.metadata.deletionTimestamp !== undefined) return trying;
  if (found !== undefined && isOwned(found, registry) && isOver(context, found, digest)) {
    await client.delete(pods, ref, { uid: found.metadata.uid });
    return trying;
  }
  await applier.apply(configMaps, stores.configMaps, trialConfigMap(registry, configuration.text), (object) =>
    requireOwned(configMaps.kind, object, registry),
  );
  const pod = await applier.createOnce(pods, stores.pods, ref, async () =>
    trialPod({
      registry,
      template,
      digest,
      isSameSize: isSameSize(live, template),
      checked: configuration.checked,
    }),
  );
  requireOwned(pods.kind, pod, registry);
  if (digestOf(pod) === digest && isReady(pod)) return undefined;
  const trouble = trialTrouble(pod) ?? overdue(pod, context.now, configuration.checked);
  return trouble === undefined ? trying : blocked(ref.name, trouble);
}

/** Removes what a trial that is over left. */
export async function endTrial({ registry, stores, client }: StepContext): Promise<void> {
  const { namespace, name } = registry.metadata;
  const ref = { namespace, name: objectNames(name).trial };
  for (const [kind, object] of [
    [pods, stores.pods.get(ref)],
    [configMaps, stores.configMaps.get(ref)],
  ] as const) {
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) continue;
    if (isOwned(object, registry)) await client.delete(kind, ref, { uid: object.metadata.uid });
  }
}

function blocked(pod: string, trouble: string): Problem {
  return stalled(
    'RolloutBlocked',
    `the pods go on with their former settings, because pod ${pod}, which tries the new ones, does not become ready (${trouble}); correct the spec, or take the change back`,
  );
}

/** Whether the pods of `live` run something else; one that no trial let in is compared field by field. */
function isNews(live: StatefulSet, template: Manifest<V1PodTemplateSpec>, digest: string): boolean {
  if ((live.spec?.replicas ?? 1) === 0) return false;
  const tried = live.metadata.annotations?.[trialAnnotation];
  return tried === undefined ? !includes(live.spec?.template, template) : tried !== digest;
}

function isSameSize(live: StatefulSet, template: Manifest<V1PodTemplateSpec>): boolean {
  const [before, after] = [live.spec?.template, template].map(
    (one) => one?.spec?.containers.find(({ name }) => name === 'registry')?.resources,
  );
  return isDeepStrictEqual(before, after);
}

/** It runs, and says itself that it is not ready. */
function overdue({ status }: Pod, now: Date, checked: number): string | undefined {
  const registry = status?.containerStatuses?.find(({ name }) => name === 'registry');
  const since = registry?.started === true ? registry.state?.running?.startedAt : undefined;
  if (since === undefined || now.getTime() - Date.parse(since) < patienceMs + checked * 1000)
    return undefined;
  return 'it runs, but its readiness probe fails: look at its log, and at the checks of spec.config.health';
}

/** It tries something else, somebody wants it tried again, or its node gave it up. */
function isOver({ isAsked, now }: StepContext, pod: Pod, digest: string): boolean {
  if (digestOf(pod) !== digest || (isAsked && trialTrouble(pod) !== undefined)) return true;
  return pod.status?.phase === 'Failed' && ageOf(pod, now) > failedMs;
}

function ageOf({ metadata }: Pod, now: Date): number {
  return now.getTime() - Date.parse(metadata.creationTimestamp ?? now.toISOString());
}

function digestOf(pod: Pod): string | undefined {
  return pod.metadata.annotations?.[trialAnnotation];
}
