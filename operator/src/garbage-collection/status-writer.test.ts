import { expect, it } from 'vitest';
import type { Client } from '../kube/client.ts';
import { finalizer, type ServedGarbageCollection } from './kind.ts';
import { removeFinalizer } from './status-writer.ts';

it('takes the finalizer off this very version, whoever put it on, and leaves those of others', async () => {
  const sent: object[] = [];
  const client = {
    patchMerge: async (_kind: unknown, ref: { name: string }, patch: object) =>
      void sent.push({ name: ref.name, ...patch }),
  } as unknown as Client;
  const finalizers = ['foregroundDeletion', finalizer];
  const metadata = { name: 'nightly', namespace: 'team', uid: 'run-1', resourceVersion: '7', finalizers };
  await removeFinalizer(client, { metadata } as unknown as ServedGarbageCollection);
  const left = { uid: 'run-1', resourceVersion: '7', finalizers: ['foregroundDeletion'] };
  expect(sent).toEqual([{ name: 'nightly', metadata: left }]);
});
