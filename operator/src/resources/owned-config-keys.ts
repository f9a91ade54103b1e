import type { Registry } from '../api/registry.ts';
import { objectNames } from './names.ts';

/** A key of config.yml whose value the operator needs to know, and why or what to use instead. */
export interface OwnedKey {
  readonly path: string;
  readonly advice: string;
}

const otherDrivers = ['inmemory', 's3', 's3aws', 'azure', 'gcs', 'swift', 'oss'];

/** The keys that neither spec.config nor spec.env may set to anything but what the operator renders. */
export function ownedConfigKeys(registry: Registry): OwnedKey[] {
  const state = ['addr', 'certificate', 'key', 'clientca'].map((key) => `wharfinger.state.${key}`);
  return [
    { path: 'http.addr', advice: 'the port of clients is spec.service.port' },
    { path: 'http.net', advice: 'the port of clients is spec.service.port' },
    ...(registry.spec.externalURL === undefined
      ? []
      : [{ path: 'http.host', advice: 'it is spec.externalURL' }]),
    { path: 'http.secret', advice: `it is kept in the Secret ${objectNames(registry.metadata.name).http}` },
    { path: 'http.tls.certificate', advice: 'use spec.tls' },
    { path: 'http.tls.key', advice: 'use spec.tls' },
    { path: 'http.debug.addr', advice: 'the kubelet probes the pods there' },
    { path: 'storage.filesystem.rootdirectory', advice: 'the volume of spec.storage is mounted there' },
    ...otherDrivers.map((driver) => ({ path: `storage.${driver}`, advice: 'use spec.storage' })),
    { path: 'storage.maintenance.readonly', advice: 'use spec.readOnly' },
    ...(registry.spec.auth ? [{ path: 'auth.htpasswd.path', advice: 'use spec.auth.htpasswd' }] : []),
    { path: 'wharfinger.maintenance.directory', advice: 'the operator speaks to the pods there' },
    ...state.map((path) => ({ path, advice: 'the operator speaks to the pods there' })),
  ];
}
