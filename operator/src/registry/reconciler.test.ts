import { verify } from '@node-rs/bcrypt';
import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { secrets } from '../kube/builtin-kinds.ts';
import { findCondition } from '../kube/conditions.ts';
import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/resource.ts';
import { ownedLabels, userLabel } from '../resources/labels.ts';
import { secretText } from '../resources/secrets.ts';
import { parseHtpasswd } from './htpasswd-file.ts';
import type { ServedRegistry } from './kind.ts';
import { CrashError, createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { reconcileOnce } from './reconcile-once.ts';

const createdOnce = ['wharfinger-internal-ca', 'team-a-ca', 'team-a-tls', 'team-a-user-ci', 'team-a-http'];
let cluster: MemoryCluster;

function setSpec(spec: object, generation = 1): void {
  // RSA keys take their time.
  const tls = { selfSigned: { keyAlgorithm: 'ECDSA' } };
  const registry = exampleRegistry({ tls, ...spec }, { generation, resourceVersion: `spec-${generation}` });
  const status = (cluster.get('registries', 'team-a') as ServedRegistry | undefined)?.status;
  cluster.put('registries', { ...registry, status } as KubeObject);
}

const reconcile = (): Promise<number | undefined> => reconcileOnce(cluster);

function text(secret: string, key: string): string {
  return (
    secretText(cluster.get('secrets', secret) as { data?: Record<string, string> } | undefined, key) ?? ''
  );
}

function ready(): { reason: string; message: string } | undefined {
  const { status } = cluster.get('registries', 'team-a') as ServedRegistry;
  return findCondition(status?.conditions ?? [], 'Ready');
}

beforeEach(() => {
  cluster = createMemoryCluster();
  setSpec({});
});

describe('reconcile', () => {
  it('makes everything, says first that it began, and then has nothing left to write', async () => {
    await reconcile();
    expect(cluster.writes[0]).toBe('status registries/team-a');
    expect(cluster.writes).toContain('apply statefulsets/team-a');
    const count = cluster.writes.length;
    await reconcile();
    expect(cluster.writes.slice(count)).toEqual([]);
  });

  it('repairs what others changed', async () => {
    await reconcile();
    const config = cluster.get('configmaps', 'team-a-config') as KubeObject & {
      data: Record<string, string>;
    };
    cluster.put('configmaps', { ...config, data: { 'config.yml': 'x' } } as KubeObject);
    await reconcile();
    expect(cluster.writes.at(-1)).toBe('apply configmaps/team-a-config');
  });

  it.each(['before', 'after'] as const)(
    'keeps keys and passwords when it is killed %s each write',
    async (when) => {
      const kept = new Map<string, KubeObject>();
      let kills = 0;
      for (;;) {
        // Each life of the operator does one write more, so every write is once the last.
        cluster.crashAt(when === 'before' ? 2 : 1, when);
        const ended = await reconcile().then(
          () => undefined,
          (error: unknown) => error,
        );
        for (const [name, secret] of kept) expect(cluster.get('secrets', name)).toEqual(secret);
        for (const name of createdOnce) {
          const secret = cluster.get('secrets', name);
          if (secret !== undefined) kept.set(name, secret);
        }
        if (ended === undefined) break;
        expect(ended).toBeInstanceOf(CrashError);
        kills += 1;
      }
      expect([...kept.keys()]).toEqual(createdOnce);
      expect(kills).toBeGreaterThan(10);
      cluster.crashAt(1, 'before');
      await reconcile();
    },
  );
});

describe('users', () => {
  it('come and go without touching the others', async () => {
    await reconcile();
    const before = text('team-a-htpasswd', 'htpasswd');
    setSpec({ auth: { htpasswd: { users: [{ name: 'ci' }, { name: 'dev' }] } } }, 2);
    await reconcile();
    const both = parseHtpasswd(text('team-a-htpasswd', 'htpasswd'));
    expect(await verify(text('team-a-user-dev', 'password'), both.get('dev') ?? '')).toBe(true);
    setSpec({}, 3);
    await reconcile();
    expect(text('team-a-htpasswd', 'htpasswd')).toBe(before);
    expect(cluster.get('secrets', 'team-a-user-dev')).toBeUndefined();
    expect(cluster.get('secrets', 'team-a-user-ci')).toBeDefined();
  });

  it('without a password are named with the fix, and the others work', async () => {
    const users = [{ name: 'ci' }, { name: 'Bob', passwordSecretRef: { name: 'bob' } }];
    setSpec({ auth: { htpasswd: { users } } });
    await reconcile();
    expect(ready()).toMatchObject({
      reason: 'PasswordMissing',
      message:
        'spec.auth.htpasswd.users[Bob].passwordSecretRef: Secret bob does not exist; create it with the key password',
    });
    expect([...parseHtpasswd(text('team-a-htpasswd', 'htpasswd')).keys()]).toEqual(['ci']);
  });
});

describe('a generated Secret', () => {
  it('stays when the spec comes to name it', async () => {
    await reconcile();
    const password = text('team-a-user-ci', 'password');
    const users = [{ name: 'ci', passwordSecretRef: { name: 'team-a-user-ci' } }];
    setSpec({ auth: { htpasswd: { users } } }, 2);
    await reconcile();
    expect(text('team-a-user-ci', 'password')).toBe(password);
    setSpec({ auth: { htpasswd: { secretName: 'team-a-htpasswd' } } }, 3);
    await reconcile();
    expect(parseHtpasswd(text('team-a-htpasswd', 'htpasswd')).has('ci')).toBe(true);
    expect(cluster.get('secrets', 'team-a-user-ci')).toBeUndefined();
  });

  it('that the API server refuses leaves the other users alone', async () => {
    const client = { ...cluster.client };
    const refuse: typeof client.create = async (kind, manifest, ...rest) => {
      if (manifest.metadata?.name === 'team-a-user-ci')
        throw new ApiError({
          code: 403,
          reason: 'Forbidden',
          details: { kind: 'secrets', name: 'team-a-user-ci' },
        });
      return client.create(kind, manifest, ...rest);
    };
    Object.assign(cluster.client, { create: refuse });
    setSpec({ auth: { htpasswd: { users: [{ name: 'ci' }, { name: 'dev' }] } } });
    await reconcile();
    expect([...parseHtpasswd(text('team-a-htpasswd', 'htpasswd')).keys()]).toEqual(['dev']);
    expect(ready()?.message).toBe('the API server refused Secret team-a-user-ci (Forbidden)');
  });
});

describe('a user whose password Secret goes', () => {
  it('keeps the password that held', async () => {
    const users = [{ name: 'Bob', passwordSecretRef: { name: 'bob' } }];
    setSpec({ auth: { htpasswd: { users } } });
    const data = { password: Buffer.from('hunter2\n').toString('base64') };
    cluster.put('secrets', { metadata: { name: 'bob', namespace: 'team', uid: 'bob' }, data } as KubeObject);
    await reconcile();
    const file = text('team-a-htpasswd', 'htpasswd');
    expect(await verify('hunter2', parseHtpasswd(file).get('Bob') ?? '')).toBe(true);
    await cluster.client.delete(secrets, { namespace: 'team', name: 'bob' });
    await reconcile();
    expect(text('team-a-htpasswd', 'htpasswd')).toBe(file);
    expect(ready()?.reason).toBe('PasswordMissing');
  });
});

describe('what is not ours', () => {
  it('stays although it carries our labels', async () => {
    const labels = { ...ownedLabels('team-a'), [userLabel]: 'generated' };
    cluster.put('secrets', {
      metadata: { name: 'copy', namespace: 'team', uid: 'copy', labels },
    });
    await reconcile();
    expect(cluster.get('secrets', 'copy')).toBeDefined();
  });

  it('is neither changed nor deleted', async () => {
    const metadata = { name: 'team-a-tls', namespace: 'team', uid: 'users-own' };
    cluster.put('secrets', { metadata, data: { 'tls.key': 'bXk=' } } as KubeObject);
    await reconcile();
    expect(text('team-a-tls', 'tls.key')).toBe('my');
    expect(ready()).toMatchObject({
      reason: 'NameTaken',
      message: expect.stringContaining('Secret team-a-tls') as string,
    });
  });

  it('is waited for when it belongs to a deleted Registry of the same name', async () => {
    const ownerReferences = [
      { apiVersion: 'wharfinger.dev/v1alpha1', kind: 'Registry', name: 'team-a', uid: 'old' },
    ];
    const metadata = { name: 'team-a-ca', namespace: 'team', uid: 'x', ownerReferences };
    cluster.put('secrets', { metadata });
    await reconcile();
    expect(ready()?.reason).toBe('PredecessorRemains');
  });
});

describe('collection.json', () => {
  const collection = (run: string): string =>
    JSON.stringify({ run, attempt: 0, window: { deadline: '2030-01-01T00:00:00Z' } });

  function writeCollection(run: string): void {
    const maintenance = cluster.get('configmaps', 'team-a-maintenance') as KubeObject & { data: object };
    const data = { ...maintenance.data, 'collection.json': collection(run) };
    cluster.put('configmaps', { ...maintenance, data } as KubeObject);
  }

  it('of a run that exists stays; of one that is gone it goes, and registry.json stays', async () => {
    await reconcile();
    cluster.put('garbagecollections', {
      metadata: { name: 'one', namespace: 'team', uid: 'run-1' },
      spec: { registryRef: { name: 'team-a' } },
    } as KubeObject);
    writeCollection('run-1');
    await reconcile();
    const data = (): object | undefined =>
      (cluster.get('configmaps', 'team-a-maintenance') as { data?: object } | undefined)?.data;
    expect(data()).toHaveProperty(['collection.json']);
    writeCollection('run-2');
    await reconcile();
    expect(Object.keys(data() ?? {})).toEqual(['registry.json']);
  });
});
