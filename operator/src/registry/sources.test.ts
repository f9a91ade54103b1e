import { expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { Secret } from '../kube/builtin-kinds.ts';
import { httpSecret } from '../resources/secrets.ts';
import { withoutForeignData } from './sources.ts';

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
