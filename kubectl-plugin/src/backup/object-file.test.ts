import { ownedLabels } from '@wharfinger/operator';
import { describe, expect, it } from 'vitest';
import { testRegistry, testSecret } from '../session-fixture.ts';
import { formatObjects, neededSecrets, parseObjects } from './object-file.ts';

const registry = testRegistry('store', {
  auth: { htpasswd: { users: [{ name: 'bob', passwordSecretRef: { name: 'bobs' } }] } },
});
const own = (name: string) => {
  const secret = testSecret(name, { password: 'geheim' });
  const annotations = { mine: 'kept', 'wharfinger.dev/applied': 'hash' };
  const owner = { apiVersion: 'v1', kind: 'Registry', name: 'store', uid: 'uid-store' };
  const metadata = {
    ...secret.metadata,
    labels: ownedLabels('store'),
    annotations,
    ownerReferences: [owner],
  };
  return { ...secret, kind: 'Secret', metadata };
};

describe('the file of a backup', () => {
  it('has the own Secrets and those that the spec names, and none that the operator makes for itself', () => {
    const others = [testSecret('bobs', {}), testSecret('foreign', {}), own('store-internal-tls')];
    const names = neededSecrets(registry, [own('store-ca'), ...others]).map(({ metadata }) => metadata.name);
    expect(names).toEqual(['store-ca', 'bobs']);
  });

  it('brings objects back without what ties them to their cluster', () => {
    const served = { ...registry, status: { url: 'x' } };
    const text = formatObjects({ registry: served, secrets: [own('store-ca')] });
    const { registry: again, secrets } = parseObjects(text);
    expect(again).toEqual({
      apiVersion: 'wharfinger.dev/v1alpha1',
      kind: 'Registry',
      metadata: { name: 'store', annotations: {} },
      spec: registry.spec,
    });
    expect(secrets).toEqual([
      {
        kind: 'Secret',
        metadata: { name: 'store-ca', labels: ownedLabels('store'), annotations: { mine: 'kept' } },
        data: { password: 'Z2VoZWlt' },
      },
    ]);
  });

  it.each(['', 'password: x', '{}', '{"items":[]}'])('is told from %j, without a word of it', (text) => {
    expect(() => parseObjects(text)).toThrow(/it is not one that backup wrote$/);
  });
});
