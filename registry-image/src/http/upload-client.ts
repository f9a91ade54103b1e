import { readdir } from 'node:fs/promises';
import { type ClientRequest, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import { uploadsPath } from '../storage/paths.ts';
import type { TestServer } from './test-server.ts';

export async function start(server: TestServer, repository = 'a'): Promise<string> {
  const response = await server.request('POST', `/v2/${repository}/blobs/uploads/`);
  expect(response.status).toBe(202);
  return response.headers.get('location') ?? '';
}

export function patch(
  server: TestServer,
  location: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return server.request('PATCH', location, { body, headers });
}

export async function uploadsLeft(server: TestServer): Promise<string[]> {
  return readdir(join(server.rootDirectory, uploadsPath('a'))).catch(() => []);
}

export function finish(
  server: TestServer,
  location: string,
  digest: string,
  body?: string,
): Promise<Response> {
  const url = new URL(location, server.url);
  url.searchParams.set('digest', digest);
  return server.request('PUT', url.href, { body });
}

/** A PATCH whose body stays open. */
export function openPatch(
  location: string,
  headers: Record<string, string | number> = {},
): {
  request: ClientRequest;
  answer: Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>;
} {
  const request = httpRequest(location, { method: 'PATCH', headers });
  const answer = new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>(
    (resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
    },
  );
  return { request, answer };
}

export async function sizeUntil(server: TestServer, location: string, range: string): Promise<void> {
  await expect
    .poll(async () => (await server.request('GET', location)).headers.get('range'), { timeout: 3000 })
    .toBe(range);
}
