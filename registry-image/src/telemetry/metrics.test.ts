import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { handlerOf } from './request-counts.ts';

it('adds up the requests of all workers and tells the state of writes', async () => {
  const workers = [
    { phase: 'serving', requestsInFlight: 2 },
    { phase: 'draining', requestsInFlight: 1 },
  ];
  const storage = { total: 1000, free: 10 };
  const metrics = createMetrics(async () => ({ workers, writes: 'paused', heldWrites: 4, storage }));
  const pulls = { handler: 'blob', method: 'get', code: '200', seconds: 0.5 };
  metrics.count([{ ...pulls, count: 2 }]);
  metrics.count([{ ...pulls, count: 3 }]);
  const { text } = await metrics.render();
  expect(text).toContain('registry_http_requests_total{handler="blob",method="get",code="200"} 5\n');
  expect(text).toContain('registry_http_request_seconds_total{handler="blob",method="get"} 1\n');
  expect(text).toContain('registry_http_in_flight_requests 3\n');
  expect(text).toContain('wharfinger_writes{state="paused"} 1\n');
  expect(text).toContain('wharfinger_workers{phase="draining"} 1\n');
  expect(text).toContain('wharfinger_storage_free_bytes 10\n');
});

it('tells nothing of a storage without bounds', async () => {
  const snapshot = { workers: [], writes: 'open', heldWrites: 0, storage: undefined };
  expect((await createMetrics(async () => snapshot).render()).text).not.toContain('wharfinger_storage');
});

it.each([
  ['/v2/', 'base'],
  ['/v2/_catalog?n=5', 'catalog'],
  ['/v2/team/app/tags/list', 'tags'],
  ['/v2/team/app/manifests/latest', 'manifest'],
  ['/v2/team/app/blobs/uploads/', 'blob_upload'],
  ['/v2/team/app/blobs/uploads/1234?_state=x', 'blob_upload_chunk'],
  ['/v2/team/app/blobs/sha256:00', 'blob'],
  ['/etc/passwd', 'other'],
])('names the handler of %s', (url, handler) => {
  expect(handlerOf(url)).toBe(handler);
});
