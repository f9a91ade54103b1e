import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../../api/registry-example.ts';
import { secrets } from '../../kube/builtin-kinds.ts';
import { findCondition } from '../../kube/conditions.ts';
import { ApiError } from '../../kube/errors.ts';
import type { EventFacts } from '../../kube/events.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { secretText } from '../../resources/secrets.ts';
import type { ServedRegistry } from '../kind.ts';
import { createMemoryCluster, type MemoryCluster } from '../memory-cluster.ts';
import { reconcileOnce } from '../reconcile-once.ts';

let cluster: MemoryCluster;
let events: EventFacts[];

const toApps = { namespaces: { names: ['apps'] } };
const pull = { name: 'pull', user: 'ci', ...toApps, serviceAccounts: ['default'] };

function setSpec(spec: object): void {
  const before = cluster.get('registries', 'team-a') as ServedRegistry | undefined;
  const generation = (before?.metadata.generation ?? 0) + 1;
  const registry = exampleRegistry(spec, { generation, resourceVersion: `spec-${generation}` });
  cluster.put('registries', { ...registry, status: before?.status } as KubeObject);
}

function setConsent(value?: string): void {
  const labels: Record<string, string> =
    value === undefined ? {} : { 'accept-from.wharfinger.dev/team': value };
  cluster.put('namespaces', { metadata: { name: 'apps', labels } });
}

function setAccount(...names: string[]): void {
  const imagePullSecrets = names.map((name) => ({ name }));
  cluster.put('serviceaccounts', {
    metadata: { name: 'default', namespace: 'apps' },
    imagePullSecrets,
  } as KubeObject);
}

function listed(): string[] {
  const account = cluster.get('serviceaccounts', 'default') as { imagePullSecrets?: { name: string }[] };
  return (account.imagePullSecrets ?? []).map(({ name }) => name);
}

function logins(): Record<string, { username: string; password: string; auth: string }> {
  const secret = cluster.get('secrets', 'pull') as { data?: Record<string, string> } | undefined;
  const text = secretText(secret, '.dockerconfigjson') ?? '{}';
  return (JSON.parse(text) as { auths: ReturnType<typeof logins> }).auths;
}

function condition(type: string): { status: string; reason: string; message: string } | undefined {
  const { status } = cluster.get('registries', 'team-a') as ServedRegistry;
  return findCondition(status?.conditions ?? [], type);
}

const reconcile = (): Promise<number | undefined> => reconcileOnce(cluster, { events });

beforeEach(() => {
  cluster = createMemoryCluster();
  events = [];
  setConsent('true');
  setAccount('mine');
  setSpec({ pullSecrets: [pull], caBundle: toApps });
});

describe('what a Registry gives away', () => {
  it('is a pull secret with the names that clients use, attached, and the CA; then nothing is left to write', async () => {
    await reconcile();
    const secret = cluster.get('secrets', 'pull');
    expect(secret?.metadata).toMatchObject({
      namespace: 'apps',
      labels: { 'wharfinger.dev/shared-from': 'team' },
    });
    expect(secret?.metadata.ownerReferences).toBeUndefined();
    expect(Object.keys(logins())).toEqual([
      'registry.team-a.example',
      'team-a.team.svc',
      'team-a.team.svc.cluster.local',
    ]);
    const user = cluster.get('secrets', 'team-a-user-ci') as { data?: Record<string, string> };
    const password = secretText(user, 'password');
    const auth = Buffer.from(`ci:${password}`).toString('base64');
    expect(Object.values(logins())).toContainEqual({ username: 'ci', password, auth });
    expect(listed()).toEqual(['mine', 'pull']);
    const maps = cluster.stores.configMaps.byIndex('source', 'team/team-a');
    expect(
      maps.map(({ metadata, data }) => [metadata.namespace, metadata.name, data?.['ca.crt']?.slice(0, 27)]),
    ).toEqual([['apps', 'team-a-ca', '-----BEGIN CERTIFICATE-----']]);
    expect(condition('Shared')).toMatchObject({ status: 'True', reason: 'Shared' });
    const { length } = cluster.writes;
    await reconcile();
    expect(cluster.writes.slice(length)).toEqual([]);
  });

  it('names the node port that the cluster chose', async () => {
    setSpec({ hostname: '10.0.0.7', service: { type: 'NodePort', nodePort: 30123 }, pullSecrets: [pull] });
    await reconcile();
    expect(Object.keys(logins())[0]).toBe('10.0.0.7:30123');
  });

  it('goes when consent goes, and comes back with it', async () => {
    await reconcile();
    setConsent();
    await reconcile();
    expect(cluster.get('secrets', 'pull')).toBeUndefined();
    expect(cluster.stores.configMaps.byIndex('source', 'team/team-a')).toEqual([]);
    expect(listed()).toEqual(['mine']);
    expect(condition('Shared')).toMatchObject({ status: 'False', reason: 'ConsentMissing' });
    expect(condition('Shared')?.message).toContain(
      'kubectl label namespace apps accept-from.wharfinger.dev/team=true',
    );
    expect(condition('Stalled')?.status).toBe('True');
    expect(events.filter(({ reason }) => reason === 'ConsentMissing')).toHaveLength(1);
    setConsent('true');
    await reconcile();
    expect(listed()).toEqual(['mine', 'pull']);
    expect(condition('Stalled')?.status).toBe('False');
  });

  it('goes with its entry, and with the Registry', async () => {
    await reconcile();
    setSpec({ pullSecrets: [pull] });
    await reconcile();
    expect(cluster.stores.configMaps.byIndex('source', 'team/team-a')).toEqual([]);
    expect(listed()).toEqual(['mine', 'pull']);
    const registry = cluster.get('registries', 'team-a') as KubeObject;
    await cluster.client.delete({ plural: 'registries' } as never, registry.metadata);
    await reconcile();
    expect(cluster.get('secrets', 'pull')).toBeUndefined();
    expect(listed()).toEqual(['mine']);
  });

  it('is never written over what somebody else has under its name', async () => {
    const foreign = { metadata: { name: 'pull', namespace: 'apps', uid: 'foreign' }, data: { a: 'Yg==' } };
    cluster.put('secrets', foreign);
    await reconcile();
    expect(cluster.get('secrets', 'pull')).toEqual(foreign);
    expect(listed()).toEqual(['mine']);
    expect(condition('Shared')).toMatchObject({ status: 'False', reason: 'NameTaken' });
    setSpec({});
    await reconcile();
    expect(cluster.get('secrets', 'pull')).toEqual(foreign);
  });

  it('belongs to the Registry in its own namespace, which needs no consent', async () => {
    setConsent();
    setSpec({ pullSecrets: [{ name: 'pull', user: 'ci' }] });
    await reconcile();
    expect(cluster.get('secrets', 'pull')?.metadata).toMatchObject({
      namespace: 'team',
      ownerReferences: [{ uid: 'uid-1' }],
    });
    expect(condition('Shared')?.status).toBe('True');
  });

  it('stays when the password cannot be read for now', async () => {
    const users = [{ name: 'ci', passwordSecretRef: { name: 'own' } }];
    setSpec({ auth: { htpasswd: { users } }, pullSecrets: [pull] });
    const data = { password: Buffer.from('one').toString('base64') };
    const metadata = { name: 'own', namespace: 'team', uid: 'own' };
    cluster.put('secrets', { metadata, data } as KubeObject);
    await reconcile();
    expect(logins()['team-a.team.svc']?.password).toBe('one');
    await cluster.client.delete(secrets, metadata);
    await reconcile();
    expect(logins()['team-a.team.svc']?.password).toBe('one');
    expect(listed()).toEqual(['mine', 'pull']);
  });

  it('reaches the others, and goes from them, when one cannot be changed', async () => {
    const client = { ...cluster.client };
    const refuse: typeof client.patchMerge = async (kind, ref, ...rest) => {
      if (ref.name === 'broken')
        throw new ApiError({ code: 403, reason: 'Forbidden', message: 'by a webhook' });
      return client.patchMerge(kind, ref, ...rest);
    };
    cluster.put('serviceaccounts', { metadata: { name: 'broken', namespace: 'apps' } });
    setSpec({ pullSecrets: [{ ...pull, serviceAccounts: ['broken', 'default'] }] });
    Object.assign(cluster.client, { patchMerge: refuse });
    await reconcile();
    expect(listed()).toEqual(['mine', 'pull']);
    expect(condition('Shared')).toMatchObject({ reason: 'Refused' });
    const note = { 'wharfinger.dev/pull-secrets': 'team/team-a=pull' };
    cluster.put('serviceaccounts', { metadata: { name: 'broken', namespace: 'apps', annotations: note } });
    const registry = cluster.get('registries', 'team-a') as KubeObject;
    await cluster.client.delete({ plural: 'registries' } as never, registry.metadata);
    await expect(reconcile()).rejects.toThrow('by a webhook');
    expect(cluster.get('secrets', 'pull')).toBeUndefined();
    expect(listed()).toEqual(['mine']);
  });

  it('waits for a ServiceAccount that is not there, and gives the Secret all the same', async () => {
    setSpec({ pullSecrets: [{ ...pull, serviceAccounts: ['builder'] }] });
    await reconcile();
    expect(cluster.get('secrets', 'pull')).toBeDefined();
    expect(condition('Shared')).toMatchObject({ reason: 'ServiceAccountMissing' });
  });
});
