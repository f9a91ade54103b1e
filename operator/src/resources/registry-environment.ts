import type { V1EnvVar } from '@kubernetes/client-node';
import type { EnvironmentVariable } from '../api/registry-environment.ts';
import type { Registry } from '../api/registry.ts';
import { egressVariables, proxySwitch } from './egress.ts';
import type { Manifest } from './manifest.ts';
import { objectNames } from './names.ts';

/** The environment of the container `registry`; `pins` as ConfigJudgement has them. */
export function registryEnvironment(
  registry: Registry,
  pins: Readonly<Record<string, string>>,
): Manifest<V1EnvVar>[] {
  const { http } = objectNames(registry.metadata.name);
  const { egress, env } = registry.spec;
  return [
    { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    { name: 'REGISTRY_HTTP_SECRET', valueFrom: { secretKeyRef: { name: http, key: 'secret' } } },
    ...egressVariables(egress),
    ...proxySwitch(egress, env),
    ...(env ?? []).map(rendered),
    ...Object.entries(pins).map(([name, value]) => ({ name, value })),
  ];
}

function rendered({ name, value, valueFrom }: EnvironmentVariable): Manifest<V1EnvVar> {
  // The kubelet expands $(NAME) in values and takes $$ for $; what is written here is meant as it stands.
  if (value !== undefined) return { name, value: value.replaceAll('$', '$$$$') };
  return { name, valueFrom };
}
