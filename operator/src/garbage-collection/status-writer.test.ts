import { expect, it } from 'vitest';
import type { Client } from '../kube/client.ts';
import { finalizer, type ServedGarbageCollection } from './kind.ts';
import { release } from './status-writer.ts';

it('takes the finalizer off this very version, whoever put it on, and leaves those of others', async () => {
  const sent: object[] = [];
  const client = {
    patchMerge: async (_kind: unknown, ref: { name: string }, patch: object) =>
      void sent.push({ name: ref.name, ...patch }),
  } as unknown as Client;
  const finalizers = ['foregroundDeletion', finalizer];
  const metadata = { name: 'nightly', namespace: 'team', uid: 'run-1', resourceVersion: '7', finalizers };
  await release(client, { metadata } as unknown as ServedGarbageCollection, undefined);
  const left = { uid: 'run-1', resourceVersion: '7', finalizers: ['foregroundDeletion'] };
  expect(sent).toEqual([{ name: 'nightly', metadata: left }]);
});

it('says in the same patch that the run is over, also when there is no finalizer to take off', async () => {
  const sent: object[] = [];
  const client = {
    patchMerge: async (_kind: unknown, _ref: unknown, patch: object) => void sent.push(patch),
  } as unknown as Client;
  const metadata = { name: 'nightly', namespace: 'team', uid: 'run-1', resourceVersion: '7' };
  await release(client, { metadata } as unknown as ServedGarbageCollection, '2026-01-02T03:04:05Z Failed');
  const annotations = { 'wharfinger.dev/completed': '2026-01-02T03:04:05Z Failed' };
  expect(sent).toEqual([{ metadata: { uid: 'run-1', resourceVersion: '7', annotations } }]);
});
