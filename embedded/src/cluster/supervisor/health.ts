import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createConnection } from 'node:net';
import type { NetConnectOpts } from 'node:net';
import type { HealthCheck } from '../component.ts';

const timeoutMs = 2_000;

/** Whether `check` answers well right now. Never throws. */
export async function isHealthy(check: HealthCheck): Promise<boolean> {
  if (check.kind === 'process') return true;
  if (check.kind === 'socket') return await connects({ path: check.path });
  const options = { timeout: timeoutMs, agent: false };
  if (check.kind === 'http') return await answersOk(httpRequest(check.url, options));
  return await answersOk(httpsRequest(check.url, { ...options, ca: readFileSync(check.caFile) }));
}

/** Whether anything listens at the place of `check`. Never throws. */
export async function answers(check: Exclude<HealthCheck, { kind: 'process' }>): Promise<boolean> {
  if (check.kind === 'socket') return await connects({ path: check.path });
  const { hostname, port } = new URL(check.url);
  return await connects({ host: hostname, port: Number(port) });
}

async function answersOk(request: ReturnType<typeof httpRequest>): Promise<boolean> {
  return await new Promise((resolve) => {
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
      response.on('error', () => resolve(false));
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', () => resolve(false));
    request.end();
  });
}

async function connects(place: NetConnectOpts): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(place);
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timeout')));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
