import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../support/command.ts';
import { manifestType } from '../support/image.ts';
import type { Server } from '../support/server.ts';

/** Megabytes (10^6 bytes) in a blob of the benchmark, 256 MiB. */
const blobBytes = 256 * 1024 * 1024;

export interface BigBlob {
  readonly file: string;
  readonly digest: string;
}

/** A file of 256 MiB that no two calls make alike, with its digest. */
export async function bigBlob(folder: string): Promise<BigBlob> {
  const file = join(folder, `blob-${randomBytes(4).toString('hex')}`);
  const handle = await open(file, 'w');
  const block = randomBytes(4 * 1024 * 1024);
  for (let written = 0; written < blobBytes; written += block.length) {
    block.writeUInt32BE(written / block.length, 0);
    await handle.write(block);
  }
  await handle.close();
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { file, digest: `sha256:${hash.digest('hex')}` };
}

function curl(...args: string[]): string[] {
  return ['curl', '--silent', '--show-error', '--fail', '--insecure', ...args];
}

/** Requests a second of `path`, by wrk with 8 kept-alive connections for `seconds`. */
export async function requestsPerSecond(
  { port }: Server,
  path: string,
  { seconds, authorization }: { seconds: number; authorization?: string },
): Promise<number> {
  const headers = ['-H', `Accept: ${manifestType}`];
  if (authorization) headers.push('-H', `Authorization: ${authorization}`);
  const url = `https://127.0.0.1:${port}${path}`;
  const output = await must(['wrk', '-t2', '-c8', `-d${seconds}s`, ...headers, url]);
  if (/Non-2xx/.test(output)) throw new Error(`${url}: not every answer was 2xx: ${output}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
}

/** MB/s of one GET of a blob, by curl. */
export async function downloadRate({ port }: Server, repository: string, digest: string): Promise<number> {
  const url = `https://127.0.0.1:${port}/v2/${repository}/blobs/${digest}`;
  const output = await must(
    curl('--output', '/dev/null', '--write-out', '%{speed_download} %{size_download}', url),
  );
  const [rate = 0, size = 0] = output.split(' ').map(Number);
  if (size !== blobBytes) throw new Error(`${url}: ${size} bytes`);
  return rate / 1e6;
}

/** MB/s of one POST and PUT of a blob, by curl. */
export async function uploadRate(
  { port }: Server,
  repository: string,
  { file, digest }: BigBlob,
): Promise<number> {
  const base = `https://127.0.0.1:${port}`;
  const started = await must(
    curl('-X', 'POST', '--dump-header', '-', `${base}/v2/${repository}/blobs/uploads/`),
  );
  const location = new URL(/^location: (\S+)/im.exec(started)?.[1] ?? '', base);
  location.searchParams.set('digest', digest);
  const type = ['-H', 'Content-Type: application/octet-stream', '-H', 'Expect:'];
  const output = await must(
    curl(...type, '--upload-file', file, '--write-out', '%{speed_upload}', location.href),
  );
  return Number(output.slice(output.lastIndexOf('}') + 1)) / 1e6;
}
