import { expect, test } from 'vitest';
import { createMemoryCluster } from '../../../operator/src/registry/memory-cluster.ts';
import { ApiError } from '@wharfinger/operator';
import { testRegistry } from '../session-fixture.ts';
import { chosenRegistry } from './chosen-registry.ts';

function clusterWith(...names: string[]): Parameters<typeof chosenRegistry>[0] {
  const memory = createMemoryCluster();
  for (const name of names) memory.put('registries', testRegistry(name));
  return { client: memory.client, namespace: 'ns' };
}

test('the only Registry needs no name', async () => {
  expect((await chosenRegistry(clusterWith('a'), undefined)).metadata.name).toBe('a');
  expect((await chosenRegistry(clusterWith('a', 'b'), 'b')).metadata.name).toBe('b');
});

test('what cannot be chosen is told with what there is', async () => {
  await expect(chosenRegistry(clusterWith('a', 'b'), undefined)).rejects.toThrow(
    'the namespace ns has several Registries, a, b; name one with -r',
  );
  await expect(chosenRegistry(clusterWith(), undefined)).rejects.toThrow(
    'there is no Registry in the namespace ns',
  );
  await expect(chosenRegistry(clusterWith('a', 'b'), 'c')).rejects.toThrow(
    'there is no Registry c in the namespace ns, only a, b',
  );
  await expect(chosenRegistry(clusterWith(), 'c')).rejects.toThrow('no Registry at all');
});

test('a cluster without the operator is told apart from an empty namespace', async () => {
  const { client } = clusterWith();
  const list = (): Promise<never> =>
    Promise.reject(new ApiError({ code: 404, message: '404 page not found' }));
  await expect(chosenRegistry({ client: { ...client, list }, namespace: 'ns' }, undefined)).rejects.toThrow(
    'this cluster does not know Registries; install the Wharfinger operator on it',
  );
});
