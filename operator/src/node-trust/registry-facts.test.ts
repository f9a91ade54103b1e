import { expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { KubeObject } from '../kube/resource.ts';
import { createMemoryCluster } from '../registry/memory-cluster.ts';
import { registryFacts } from './registry-facts.ts';
import type { NodeTrustStores } from './stores.ts';

it.each([
  [undefined, 'team-a-tls'],
  [{ selfSigned: {} }, 'team-a-tls'],
  [{ certManager: { issuerRef: { name: 'internal' } } }, 'team-a-cert-manager-tls'],
  [{ secretName: 'team-a-tls' }, undefined],
  [{ disabled: true }, undefined],
])('with tls %j the certificate is that of Secret %s', (tls, name) => {
  const cluster = createMemoryCluster();
  cluster.put('registries', exampleRegistry({ tls }));
  for (const one of ['team-a-tls', 'team-a-cert-manager-tls']) {
    const data = { 'tls.crt': Buffer.from(one).toString('base64') };
    cluster.put('secrets', { metadata: { namespace: 'team', name: one, uid: one }, data } as KubeObject);
  }
  const stores = cluster.stores as unknown as NodeTrustStores;
  const facts = registryFacts(stores, { namespace: 'team', name: 'team-a', hostnames: [] });
  expect(facts?.certificate).toBe(name);
});
