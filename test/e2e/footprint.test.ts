import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeImages } from '@wharfinger/embedded/images';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, createNamespace, deleteNamespace, get } from '../support/kubernetes.ts';
import { processesOfPod } from '../support/processes.ts';
import { createRegistry } from '../support/registries.ts';
import { workingSetOf } from '../support/working-set.ts';

const namespace = 'e2e-footprint';
const name = 'small';

beforeAll(() => createNamespace(namespace));
afterAll(() => deleteNamespace(namespace));

async function gzippedBytes(file: string): Promise<number> {
  let bytes = 0;
  const gzip = createGzip({ level: 6 });
  gzip.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await pipeline(createReadStream(file), gzip);
  return bytes;
}

test('B38: each image is at most 80 MB compressed', async () => {
  for (const { reference, archive } of Object.values(await describeImages())) {
    const bytes = await gzippedBytes(archive);
    console.info(`${reference}: ${(bytes / 1e6).toFixed(1)} MB compressed`);
    expect(bytes).toBeLessThanOrEqual(80e6);
  }
});

test('a registry pod with two workers needs at most 150 MB, 60 s after Ready', async () => {
  await createRegistry({ namespace, name });
  await sleep(60_000);
  const pod = await get('pod', namespace, `${name}-0`);
  expect(at(pod, 'status.containerStatuses[0].restartCount')).toBe(0);
  const processes = await processesOfPod(pod.metadata.uid);
  const bytes = workingSetOf(processes);
  console.info(`working set ${(bytes / 1e6).toFixed(1)} MB in ${processes.length} processes of the pod`);
  expect(bytes).toBeGreaterThan(20e6);
  expect(bytes).toBeLessThanOrEqual(150e6);
});
