import { createHash } from 'node:crypto';
import type { V1PodTemplateSpec, V1StatefulSet } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { Registry } from '../api/registry.ts';
import { registryContainer } from './container.ts';
import { configAnnotation, environmentAnnotation, ownedLabels, selectorLabels } from './labels.ts';
import { objectNames } from './names.ts';
import { ownedMetadata } from './owned-metadata.ts';
import { drainSeconds, terminationGraceSeconds } from './pod-layout.ts';
import { overlaid } from './pod-overlay.ts';
import { mountedVolumes } from './volumes.ts';

/** The user and group of the registry's image. */
const nonRootId = 65_532;

export interface StatefulSetInput {
  readonly registry: Registry;
  /** Used when the Registry names none. */
  readonly defaultImage: string;
  readonly configText: string;
  /** As ConfigJudgement has them. */
  readonly pins?: Readonly<Record<string, string>>;
  /** Seconds for which a stopping registry finishes requests. */
  readonly drain?: number;
  /** Digest of what the environment refers to; undefined when it refers to nothing. */
  readonly environment?: string | undefined;
}

/** `NAME`: the registry's pods. All share one claim, so they start and stop in any order. */
export function statefulSet(input: StatefulSetInput): Manifest<V1StatefulSet> {
  const { registry } = input;
  const names = objectNames(registry.metadata.name);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: ownedMetadata(registry, names.statefulSet),
    spec: {
      replicas: registry.spec.replicas,
      serviceName: names.podsService,
      podManagementPolicy: 'Parallel',
      revisionHistoryLimit: 3,
      selector: { matchLabels: selectorLabels(registry.metadata.name) },
      template: overlaid(podTemplate(input), registry.spec.podTemplate),
    },
  };
}

/** Image that the pods run. */
export function registryImage(registry: Registry, defaultImage: string): string {
  return registry.spec.image ?? defaultImage;
}

function podTemplate(input: StatefulSetInput): Manifest<V1PodTemplateSpec> {
  const { registry, defaultImage, configText, pins = {}, drain = drainSeconds, environment } = input;
  const { name } = registry.metadata;
  const { spec } = registry;
  return {
    metadata: {
      labels: ownedLabels(name),
      annotations: {
        ...spec.podAnnotations,
        [configAnnotation]: createHash('sha256').update(configText).digest('hex'),
        ...(environment === undefined ? {} : { [environmentAnnotation]: environment }),
      },
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: graceSeconds(drain),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: nonRootId,
        runAsGroup: nonRootId,
        fsGroup: nonRootId,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [registryContainer(registry, registryImage(registry, defaultImage), pins)],
      volumes: mountedVolumes(registry).map(({ volume }) => volume),
      // With one replica too: it does nothing then, and scaling must not restart the pod that is there.
      topologySpreadConstraints: [spread(name)],
      ...(spec.nodeSelector ? { nodeSelector: spec.nodeSelector } : {}),
      ...(spec.tolerations ? { tolerations: spec.tolerations } : {}),
      ...(spec.affinity ? { affinity: spec.affinity } : {}),
    },
  };
}

/** A drain of its own length gets the same margin as the usual one. */
function graceSeconds(drain: number): number {
  return Math.max(terminationGraceSeconds, Math.ceil(drain) + terminationGraceSeconds - drainSeconds);
}

function spread(
  name: string,
): NonNullable<NonNullable<Manifest<V1PodTemplateSpec>['spec']>['topologySpreadConstraints']>[0] {
  return {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorLabels(name) },
  };
}
