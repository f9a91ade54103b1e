import { apiVersion } from './group.ts';
import { Registry, registryKind } from './registry.ts';

/** The smallest useful Registry with its defaults filled in, for tests; `spec` is laid over it, one level deep. */
export function exampleRegistry(spec: object = {}, metadata: object = {}): Registry {
  return Registry.parse({
    apiVersion,
    kind: registryKind,
    metadata: { name: 'team-a', namespace: 'team', uid: 'uid-1', generation: 1, ...metadata },
    spec: {
      hostname: 'registry.team-a.example',
      auth: { htpasswd: { users: [{ name: 'ci' }] } },
      storage: { filesystem: { volume: { size: '5Gi' } } },
      ...spec,
    },
  });
}
