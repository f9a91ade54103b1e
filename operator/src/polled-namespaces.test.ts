import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Namespace } from './kube/builtin-kinds.ts';
import type { Client } from './kube/client.ts';
import { ApiError, UnreachableError } from './kube/errors.ts';
import { createRecordedLog } from './kube/recorded-log.ts';
import type { Reflector } from './kube/reflector.ts';
import { createPolledNamespaces } from './polled-namespaces.ts';

let found: Map<string, Namespace>;
let failure: Error | undefined;
let needed: boolean;
let reads: number;
let reflector: Reflector<Namespace>;

function put(name: string, resourceVersion: string, labels: Record<string, string> = {}): void {
  found.set(name, { metadata: { name, resourceVersion, labels, annotations: { long: 'text' } } });
}

beforeEach(() => {
  found = new Map();
  failure = undefined;
  needed = true;
  reads = 0;
  put('a', '1');
  put('b', '1');
  const find = async (_kind: unknown, { name }: { name: string }): Promise<Namespace | undefined> => {
    reads += 1;
    if (failure) throw failure;
    return found.get(name);
  };
  reflector = createPolledNamespaces({
    client: { find } as unknown as Pick<Client, 'find'>,
    names: ['a', 'b'],
    needed: () => needed,
    ready: Promise.resolve(),
    transform: ({ metadata: { name, resourceVersion, labels } }) => ({
      metadata: { name, resourceVersion, labels },
    }),
    log: createRecordedLog(),
    everyMs: 100,
  });
});
afterEach(() => reflector.stop());

const names = (): string[] => reflector.store.list().map(({ metadata }) => metadata.name);
async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 10_000 }).toBe(true);
}

it('reads each namespace, keeps what it needs of it, and tells of changes', async () => {
  const seen: string[] = [];
  reflector.subscribe(({ type, object }) => void seen.push(`${type} ${object.metadata.name}`));
  reflector.start();
  await reflector.synced;
  expect(names()).toEqual(['a', 'b']);
  expect(reflector.store.get({ name: 'a' })?.metadata).not.toHaveProperty('annotations');
  put('a', '2', { new: 'label' });
  found.delete('b');
  await until(() => seen.length === 4);
  expect(seen).toEqual(['added a', 'added b', 'updated a', 'deleted b']);
  await until(() => reads > 6);
  expect(seen).toHaveLength(4);
});

it('asks nothing as long as nobody needs it', async () => {
  needed = false;
  reflector.start();
  await reflector.synced;
  expect(reads).toBe(0);
  needed = true;
  await until(() => names().length === 2);
});

it('is not in sync before it knows all; what it may not read does not consent', async () => {
  failure = new UnreachableError('GET', 'gone');
  reflector.start();
  let synced = false;
  void reflector.synced.then(() => (synced = true));
  await until(() => reads === 2);
  expect(synced).toBe(false);
  failure = new ApiError({ code: 403, reason: 'Forbidden', message: 'no' });
  await reflector.synced;
  expect(names()).toEqual([]);
});
