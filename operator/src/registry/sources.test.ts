import { expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { Secret } from '../kube/builtin-kinds.ts';
import { httpSecret } from '../resources/secrets.ts';
import { createStore } from '../kube/store.ts';
import type { ObjectRef } from '../kube/resource.ts';
import { sharedLabels } from '../resources/labels.ts';
import { registryIndexes } from './indexes.ts';
import {
  type OptionalReflectors,
  registrySources,
  type RegistryReflectors,
  withoutForeignData,
} from './sources.ts';

it('keeps the data of a Secret of ours, also when somebody took our label off', () => {
  const secret = httpSecret(exampleRegistry(), 'value') as Secret;
  const unlabelled = { ...secret, metadata: { ...secret.metadata, labels: {} } } as Secret;
  expect(withoutForeignData(structuredClone(secret)).data).toEqual(secret.data);
  expect(withoutForeignData(structuredClone(unlabelled)).data).toEqual(secret.data);
});

it('forgets the data and the annotations of what is not ours', () => {
  const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Registry', name: 'x', uid: 'x' }];
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"Yg=="}}' };
  const metadata = { name: 'x', namespace: 'team', annotations, ownerReferences };
  const kept = withoutForeignData({ metadata, data: { a: 'Yg==' } });
  expect(JSON.stringify(kept)).not.toContain('Yg==');
});

it('what a Registry gave away concerns it, unless another operator looks after it', () => {
  const handlers: ((change: { type: 'deleted'; object: Secret }) => void)[] = [];
  const silent = { store: createStore(registryIndexes), subscribe: () => () => undefined };
  const loud = {
    ...silent,
    subscribe: (handler: (typeof handlers)[0]) => {
      handlers.push(handler);
      return () => undefined;
    },
  };
  const reflectors = new Proxy({}, { get: (_, kind) => (kind === 'secrets' ? loud : silent) });
  const concerned: ObjectRef[] = [];
  const isWatched = (namespace: string): boolean => namespace === 'team';
  const optional = new Proxy({}, { get: () => silent }) as OptionalReflectors;
  for (const source of registrySources(reflectors as RegistryReflectors, optional, isWatched))
    source.connect((ref) => void concerned.push(ref));
  for (const from of ['team', 'others']) {
    const metadata = { name: 'pull', namespace: 'apps', labels: sharedLabels(from, 'team-a') };
    for (const handler of handlers) handler({ type: 'deleted', object: { metadata } });
  }
  expect(concerned).toEqual([{ namespace: 'team', name: 'team-a' }]);
});
