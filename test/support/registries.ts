import { nodeAddress } from './machine.ts';
import { apply, at, get, secretValue, waitForCondition, type KubeObject } from './kubernetes.ts';
import { RegistryClient, type Access } from './registry-client.ts';

export interface RegistryOptions {
  readonly namespace: string;
  readonly name: string;
  readonly spec?: Record<string, unknown>;
}

/** A Registry that is reached from this machine: the node's address on a node port, one user, one small volume. */
export function registryObject({ namespace, name, spec = {} }: RegistryOptions): {
  kind: string;
  metadata: { namespace: string; name: string };
  spec: Record<string, unknown>;
} & Record<string, unknown> {
  return {
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'Registry',
    metadata: { namespace, name },
    spec: {
      hostname: nodeAddress(),
      auth: { htpasswd: { users: [{ name: 'ci' }] } },
      storage: { filesystem: { volume: { size: '1Gi' } } },
      service: { type: 'NodePort' },
      ...spec,
    },
  };
}

/** Applies a Registry, waits until it is Ready and returns how `user` reaches it. */
export async function createRegistry(options: RegistryOptions, user = 'ci'): Promise<Access> {
  await apply(registryObject(options));
  await waitForCondition({ kind: 'registry', ...options }, 'Ready');
  return accessOf(options.namespace, options.name, user);
}

export async function accessOf(namespace: string, name: string, user = 'ci'): Promise<Access> {
  const service: KubeObject = await get('service', namespace, name);
  return {
    host: `${nodeAddress()}:${String(at(service, 'spec.ports[0].nodePort'))}`,
    ca: await caOf(namespace, name),
    username: user,
    password: await secretValue(namespace, `${name}-user-${user}`, 'password'),
  };
}

async function caOf(namespace: string, name: string): Promise<string> {
  const map = await get('configmap', namespace, `${name}-ca`);
  const data = at(map, 'data') as Record<string, string> | undefined;
  if (!data?.['ca.crt']) throw new Error(`ConfigMap ${namespace}/${name}-ca has no ca.crt`);
  return data['ca.crt'];
}

export async function clientOf(namespace: string, name: string, user = 'ci'): Promise<RegistryClient> {
  return new RegistryClient(await accessOf(namespace, name, user));
}
