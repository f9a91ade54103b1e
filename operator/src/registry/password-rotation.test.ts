import { verify } from '@node-rs/bcrypt';
import { beforeEach, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { EventFacts } from '../kube/events.ts';
import type { KubeObject } from '../kube/resource.ts';
import { secretText } from '../resources/secrets.ts';
import { parseFurther, parseHtpasswd } from './htpasswd-file.ts';
import { createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { reconcileOnce } from './reconcile-once.ts';

let cluster: MemoryCluster;
let now: number;
let events: EventFacts[];

function setUser(user: object, more: object = { passwordOverlap: '1h' }): void {
  const auth = { htpasswd: { users: [{ name: 'ci', ...user }], ...more } };
  const before = cluster.get('registries', 'team-a') as { status?: object } | undefined;
  const spec = { auth, tls: { disabled: true } };
  cluster.put('registries', { ...exampleRegistry(spec), status: before?.status } as KubeObject);
}

const text = (name: string, key: string): string =>
  secretText(cluster.get('secrets', name) as { data?: Record<string, string> } | undefined, key) ?? '';
const password = (): string => text('team-a-user-ci', 'password');
const file = (): string => text('team-a-htpasswd', 'htpasswd');
const reconcile = (): Promise<number | undefined> => reconcileOnce(cluster, { now: () => now, events });

/** Whether the file lets somebody in as ci. */
async function letsIn(secret: string): Promise<boolean> {
  const further = parseFurther(file()).filter(({ until }) => until === undefined || Date.parse(until) > now);
  const hashes = [parseHtpasswd(file()).get('ci') ?? '', ...further.map(({ hash }) => hash)];
  return (await Promise.all(hashes.map((hash) => verify(secret, hash)))).includes(true);
}

beforeEach(() => {
  cluster = createMemoryCluster();
  now = Date.parse('2026-11-21T12:00:00Z');
  events = [];
});

it('a rotation puts the new password into the file before it shows it, and keeps the old one for its time', async () => {
  setUser({});
  await reconcile();
  const first = password();
  setUser({ rotation: 'one' });
  const { length } = cluster.writes;
  await reconcile();
  const about = cluster.writes.slice(length).filter((write) => /htpasswd|user-ci/.test(write));
  expect(about).toEqual([
    'patch secrets/team-a-user-ci',
    'apply secrets/team-a-htpasswd',
    'patch secrets/team-a-user-ci',
  ]);
  expect(password()).not.toBe(first);
  expect(text('team-a-user-ci', 'next-password')).toBe('');
  expect([await letsIn(first), await letsIn(password())]).toEqual([true, true]);
  expect(events.filter(({ reason }) => reason === 'PasswordRotated')).toHaveLength(1);
  const requeue = await reconcile();
  expect([await letsIn(first), await letsIn(password())]).toEqual([true, true]);
  expect(requeue).toBeLessThanOrEqual(3_601_000);
  now += 3_602_000;
  expect(await letsIn(first)).toBe(false);
  await reconcile();
  expect(parseFurther(file())).toEqual([]);
  const writes = cluster.writes.length;
  await reconcile();
  expect(cluster.writes.slice(writes)).toEqual([]);
});

it('a user that is new, or whose rotation goes, keeps the password', async () => {
  setUser({ rotation: 'one' });
  await reconcile();
  const first = password();
  await reconcile();
  setUser({});
  await reconcile();
  setUser({ rotation: 'one' });
  await reconcile();
  expect(password()).toBe(first);
});

it('without an overlap the old password is over when the new one is shown', async () => {
  setUser({}, {});
  await reconcile();
  const first = password();
  setUser({ rotation: 'one' }, {});
  await reconcile();
  await reconcile();
  expect([await letsIn(first), await letsIn(password())]).toEqual([false, true]);
});

it('a password in a Secret of the user overlaps too', async () => {
  const metadata = { name: 'own', namespace: 'team', uid: 'own' };
  const put = (value: string): void =>
    cluster.put('secrets', {
      metadata,
      data: { password: Buffer.from(value).toString('base64') },
    } as KubeObject);
  setUser({ passwordSecretRef: { name: 'own' } });
  for (const value of ['one', 'two', 'three']) {
    put(value);
    await reconcile();
  }
  const all = ['one', 'two', 'three', 'four'];
  expect(await Promise.all(all.map(letsIn))).toEqual([true, true, true, false]);
});

it.each(['before', 'after'] as const)(
  'an operator killed %s each write ends with one new password',
  async (when) => {
    setUser({});
    await reconcile();
    setUser({ rotation: 'one' });
    const seen = new Set([password()]);
    for (let kills = 0; kills < 20; kills += 1) {
      cluster.crashAt(when === 'before' ? 2 : 1, when);
      const ended = await reconcile().then(
        () => true,
        () => false,
      );
      seen.add(password());
      expect(await letsIn(password())).toBe(true);
      if (ended) break;
    }
    expect(seen.size).toBe(2);
  },
);
