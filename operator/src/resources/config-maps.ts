import type { V1ConfigMap } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import { registryFile, type RegistryMaintenance } from '@wharfinger/registry/config';
import type { Registry } from '../api/registry.ts';
import { objectNames } from './names.ts';
import { ownedMetadata } from './owned-metadata.ts';
import { configFile } from './pod-layout.ts';

/** `NAME-config`: config.yml. */
export function configMap(registry: Registry, configText: string): Manifest<V1ConfigMap> {
  return configMapOf(registry, objectNames(registry.metadata.name).config, { [configFile]: configText });
}

/** `NAME-ca`: the CAs that clients should trust, in PEM. */
export function caConfigMap(
  registry: Registry,
  certificates: string,
  annotations: Readonly<Record<string, string>> = {},
): Manifest<V1ConfigMap> {
  const made = configMapOf(registry, objectNames(registry.metadata.name).ca, { 'ca.crt': certificates });
  return { ...made, metadata: { ...made.metadata, annotations } };
}

/** `NAME-trial`: the config.yml that is being tried. */
export function trialConfigMap(registry: Registry, configText: string): Manifest<V1ConfigMap> {
  return configMapOf(registry, objectNames(registry.metadata.name).trial, { [configFile]: configText });
}

/** `NAME-maintenance`, as far as it is the Registry's; `collection.json` beside it has another writer. */
export function maintenanceConfigMap(registry: Registry): Manifest<V1ConfigMap> {
  const name = objectNames(registry.metadata.name).maintenance;
  return configMapOf(registry, name, { [registryFile]: registryMaintenanceText(registry) });
}

/** Text of registry.json. */
export function registryMaintenanceText(registry: Registry): string {
  const maintenance: RegistryMaintenance = { readOnly: registry.spec.readOnly };
  return `${JSON.stringify(maintenance)}\n`;
}

function configMapOf(registry: Registry, name: string, data: Record<string, string>): Manifest<V1ConfigMap> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: ownedMetadata(registry, name), data };
}
