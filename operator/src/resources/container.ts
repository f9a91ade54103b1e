import type { V1Container, V1Probe } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { Resources } from '../api/pod-settings.ts';
import type { Registry } from '../api/registry.ts';
import { configFile, directories, ports } from './pod-layout.ts';
import { registryEnvironment } from './registry-environment.ts';
import { mountedVolumes } from './volumes.ts';

const defaultResources = {
  requests: { cpu: '50m', memory: '128Mi' },
  limits: { memory: '512Mi' },
};

/** The container `registry`, as the restricted Pod Security Standard asks for it. */
export function registryContainer(
  registry: Registry,
  image: string,
  pins: Readonly<Record<string, string>>,
): Manifest<V1Container> {
  return {
    name: 'registry',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['serve', `${directories.config}/${configFile}`],
    env: registryEnvironment(registry, pins),
    ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort, protocol: 'TCP' })),
    resources: resourcesOf(registry),
    // What a registry says when it cannot start shows in the pod's status, and from there in the Registry's.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
    startupProbe: { ...probe('/debug/ready'), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe('/debug/ready'), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe('/debug/ready'), periodSeconds: 2, failureThreshold: 3 },
    volumeMounts: mountedVolumes(registry).map(({ mount }) => mount),
  };
}

function probe(path: string): Manifest<V1Probe> {
  return { httpGet: { path, port: 'debug', scheme: 'HTTP' }, timeoutSeconds: 5 };
}

function resourcesOf(registry: Registry): Manifest<V1Container>['resources'] {
  const given = registry.spec.resources;
  return given === undefined ? defaultResources : givenResources(given);
}

/** Resources of a spec as a container has them. */
export function givenResources(given: Resources): NonNullable<Manifest<V1Container>['resources']> {
  return { requests: quantities(given.requests), limits: quantities(given.limits) };
}

function quantities(given: Record<string, string | number> | undefined): Record<string, string> | undefined {
  if (given === undefined) return undefined;
  return Object.fromEntries(Object.entries(given).map(([name, quantity]) => [name, String(quantity)]));
}
