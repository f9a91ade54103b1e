import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeImages } from '@wharfinger/embedded/images';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, createNamespace, deleteNamespace, get } from '../support/kubernetes.ts';
import { processesOfPod } from '../support/processes.ts';
import { createRegistry } from '../support/registries.ts';

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

/** Working set of a container as the kubelet counts it: usage less inactive file cache, in bytes. */
function workingSet(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const v1 = lines.find((line) => line.split(':')[1]?.split(',').includes('memory'));
  if (v1) {
    const folder = join('/sys/fs/cgroup/memory', v1.split(':')[2] ?? '');
    const usage = Number(readFileSync(join(folder, 'memory.usage_in_bytes'), 'utf8'));
    return usage - inactive(join(folder, 'memory.stat'), 'total_inactive_file');
  }
  const path = lines.find((line) => line.startsWith('0::'))?.slice(3) ?? '';
  const folder =
    ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].map((root) => join(root, path)).find(existsSync) ?? '';
  const usage = Number(readFileSync(join(folder, 'memory.current'), 'utf8'));
  return usage - inactive(join(folder, 'memory.stat'), 'inactive_file');
}

function inactive(file: string, field: string): number {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${field} `));
  return Number(line?.split(' ')[1] ?? 0);
}

test('a registry pod with two workers needs at most 150 MB, 60 s after Ready', async () => {
  await createRegistry({ namespace, name });
  await sleep(60_000);
  const pod = await get('pod', namespace, `${name}-0`);
  expect(at(pod, 'status.containerStatuses[0].restartCount')).toBe(0);
  const processes = await processesOfPod(pod.metadata.uid);
  const sets = new Set(processes.map(({ pid }) => workingSet(pid)));
  const bytes = Math.max(...sets);
  console.info(`working set ${(bytes / 1e6).toFixed(1)} MB in ${processes.length} processes of the pod`);
  expect(bytes).toBeGreaterThan(20e6);
  expect(bytes).toBeLessThanOrEqual(150e6);
});
