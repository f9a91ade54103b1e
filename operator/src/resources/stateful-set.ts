import { createHash } from 'node:crypto';
import type { V1PodTemplateSpec, V1StatefulSet } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { Registry } from '../api/registry.ts';
import { registryContainer } from './container.ts';
import { configAnnotation, ownedLabels, selectorLabels } from './labels.ts';
import { objectNames } from './names.ts';
import { ownedMetadata } from './owned-metadata.ts';
import { terminationGraceSeconds } from './pod-layout.ts';
import { mountedVolumes } from './volumes.ts';

/** The user and group of the registry's image. */
const nonRootId = 65_532;

export interface StatefulSetInput {
  readonly registry: Registry;
  /** Used when the Registry names none. */
  readonly defaultImage: string;
  readonly configText: string;
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
      template: podTemplate(input),
    },
  };
}

/** Image that the pods run. */
export function registryImage(registry: Registry, defaultImage: string): string {
  return registry.spec.image ?? defaultImage;
}

function podTemplate({ registry, defaultImage, configText }: StatefulSetInput): Manifest<V1PodTemplateSpec> {
  const { name } = registry.metadata;
  const { spec } = registry;
  return {
    metadata: {
      labels: ownedLabels(name),
      annotations: {
        ...spec.podAnnotations,
        [configAnnotation]: createHash('sha256').update(configText).digest('hex'),
      },
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: terminationGraceSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: nonRootId,
        runAsGroup: nonRootId,
        fsGroup: nonRootId,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [registryContainer(registry, registryImage(registry, defaultImage))],
      volumes: mountedVolumes(registry).map(({ volume }) => volume),
      // With one replica too: it does nothing then, and scaling must not restart the pod that is there.
      topologySpreadConstraints: [spread(name)],
      ...(spec.nodeSelector ? { nodeSelector: spec.nodeSelector } : {}),
      ...(spec.tolerations ? { tolerations: spec.tolerations } : {}),
      ...(spec.affinity ? { affinity: spec.affinity } : {}),
    },
  };
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
