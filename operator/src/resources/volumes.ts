import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { CaBundle } from '../api/registry-egress.ts';
import type { Registry } from '../api/registry.ts';
import { claimName } from './claim.ts';
import { objectNames } from './names.ts';
import { bundleFile } from './egress.ts';
import { directories } from './pod-layout.ts';
import { servingSecretName, tlsVolume } from './serving-secret.ts';

interface Mounted {
  readonly volume: Manifest<V1Volume>;
  readonly mount: Manifest<V1VolumeMount>;
}

/** Readable by the group that `fsGroup` names. */
const groupReadable = 0o440;

/** What a registry pod mounts. */
export function mountedVolumes(registry: Registry): Mounted[] {
  const names = objectNames(registry.metadata.name);
  const { auth } = registry.spec;
  const servingSecret = servingSecretName(registry);
  return [
    {
      volume: { name: 'data', persistentVolumeClaim: { claimName: claimName(registry) } },
      mount: { name: 'data', mountPath: directories.data },
    },
    fromConfigMap('config', names.config, directories.config),
    fromConfigMap('maintenance', names.maintenance, directories.maintenance),
    fromSecret('internal', names.internalTls, directories.internal),
    ...(servingSecret === undefined ? [] : [fromSecret(tlsVolume, servingSecret, directories.tls)]),
    ...(auth ? [fromSecret('auth', auth.htpasswd.secretName ?? names.htpasswd, directories.auth)] : []),
    ...egressVolume(registry.spec.egress?.caBundle),
    {
      volume: { name: 'temporary', emptyDir: {} },
      mount: { name: 'temporary', mountPath: directories.temporary },
    },
  ];
}

function egressVolume(bundle: CaBundle | undefined): Mounted[] {
  if (bundle === undefined) return [];
  const { configMapKeyRef: map, secretKeyRef: secret } = bundle;
  const items = [{ key: (map ?? secret)?.key ?? '', path: bundleFile }];
  const source = map
    ? { configMap: { name: map.name, items, defaultMode: groupReadable } }
    : { secret: { secretName: secret?.name, items, defaultMode: groupReadable } };
  const mount = { name: 'egress', mountPath: directories.egress, readOnly: true };
  return [{ volume: { name: 'egress', ...source }, mount }];
}

function fromConfigMap(name: string, configMap: string, mountPath: string): Mounted {
  const volume = { name, configMap: { name: configMap, defaultMode: groupReadable } };
  return { volume, mount: { name, mountPath, readOnly: true } };
}

function fromSecret(name: string, secretName: string, mountPath: string): Mounted {
  const volume = { name, secret: { secretName, defaultMode: groupReadable } };
  return { volume, mount: { name, mountPath, readOnly: true } };
}
