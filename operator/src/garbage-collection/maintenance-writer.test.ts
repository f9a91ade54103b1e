import { expect, it } from 'vitest';
import type { ConfigMap } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import { createMaintenanceWriter, nothingWritten } from './maintenance-writer.ts';

const metadata = { name: 'team-a-maintenance', namespace: 'team', uid: 'cm-1', resourceVersion: '1' };
const maintenance: ConfigMap = { metadata, data: { 'collection.json': 'text' } };

function stage(fails?: ApiError) {
  const sent: object[] = [];
  const patchMerge = async (_kind: unknown, _ref: unknown, patch: object): Promise<ConfigMap> => {
    sent.push(patch);
    if (fails) throw fails;
    return { metadata: { ...metadata, resourceVersion: '2' } };
  };
  const writer = createMaintenanceWriter({ client: { patchMerge } as unknown as Client, now: () => 0 });
  return { sent, writer };
}

it('takes the key away whoever holds it, and from this incarnation only', async () => {
  const { sent, writer } = stage();
  const written = nothingWritten();
  await writer.write(maintenance, null, written);
  expect(sent).toEqual([{ metadata: { uid: 'cm-1' }, data: { 'collection.json': null } }]);
  expect(written).toMatchObject({ text: null, resourceVersion: '2' });
});

it('has nothing to take away when the ConfigMap is gone', async () => {
  const { writer } = stage(new ApiError({ code: 404, reason: 'NotFound' }));
  const written = nothingWritten();
  await writer.write(maintenance, null, written);
  expect(written.text).toBeNull();
});
