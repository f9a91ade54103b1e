import type { V1Container, V1Pod, V1PodSpec, V1PodTemplateSpec, V1Volume } from '@kubernetes/client-node';
import type { Registry } from '../api/registry.ts';
import { trialAnnotation, trialLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { objectNames } from './names.ts';
import { ownedMetadata } from './owned-metadata.ts';

export interface TrialInput {
  readonly registry: Registry;
  /** The template to try. */
  readonly template: Manifest<V1PodTemplateSpec>;
  /** Names what is tried. */
  readonly digest: string;
  /** The registry asks for what the pods that serve ask for already, so that its trial needs no room of its own. */
  readonly isSameSize: boolean;
  /** Seconds after which a failing health check shows; 0 when there is none but that of the storage. */
  readonly checked: number;
}

/** Volumes that the pods that serve write to, or get orders by; the trial has an empty one instead. */
const emptied = new Set(['data', 'maintenance']);
const smallest = { cpu: '1m', memory: '1Mi' };

/**
 * `NAME-trial`: a pod of this template beside those that serve. It serves an empty store, gets no requests, and becomes ready when the
 * registry starts with its config, environment, files and image.
 */
export function trialPod(input: TrialInput): Manifest<V1Pod> {
  const { registry, template, digest } = input;
  const { name } = registry.metadata;
  const metadata = ownedMetadata(registry, objectNames(name).trial);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      labels: { ...template.metadata?.labels, ...trialLabels(name) },
      annotations: { ...template.metadata?.annotations, [trialAnnotation]: digest },
    },
    spec: podSpec(input, template.spec ?? { containers: [] }),
  };
}

function podSpec(input: TrialInput, spec: Manifest<V1PodSpec>): Manifest<V1PodSpec> {
  // It runs beside the pods that keep away from one another.
  const { affinity, topologySpreadConstraints: _spread, ...rest } = spec;
  const { podAntiAffinity: _away, ...kept } = affinity ?? {};
  const config = objectNames(input.registry.metadata.name).trial;
  return {
    ...rest,
    ...(affinity ? { affinity: kept } : {}),
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 1,
    volumes: spec.volumes?.map((volume) => triedVolume(volume, config)),
    containers: spec.containers.map((container) =>
      container.name === 'registry' ? triedRegistry(input, container) : container,
    ),
  };
}

function triedVolume(volume: Manifest<V1Volume>, config: string): Manifest<V1Volume> {
  const { name } = volume;
  if (emptied.has(name)) return { name, emptyDir: {} };
  return name === 'config' ? { name, configMap: { ...volume.configMap, name: config } } : volume;
}

function triedRegistry(
  { isSameSize, checked }: TrialInput,
  container: Manifest<V1Container>,
): Manifest<V1Container> {
  const { readinessProbe: probe, resources } = container;
  return {
    ...container,
    ...(isSameSize ? { resources: { ...resources, requests: smallest } } : {}),
    readinessProbe: checked === 0 ? probe : { ...probe, ...healthProbe, initialDelaySeconds: checked },
  };
}

/** With checks of the user's a registry may take requests, and answer every one of them with 503. */
const healthProbe = { httpGet: { path: '/debug/health', port: 'debug', scheme: 'HTTP' } };
