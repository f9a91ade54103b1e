import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createConnection } from 'node:net';
import type { HealthCheck } from '../component.ts';

const timeoutMs = 2_000;

/** Whether `check` answers well right now. Never throws. */
export async function isHealthy(check: HealthCheck): Promise<boolean> {
  switch (check.kind) {
    case 'process':
      return true;
    case 'socket':
      return await connects(check.path);
    case 'http':
      return await answersOk(httpRequest(check.url, { timeout: timeoutMs, agent: false }));
    case 'https': {
      const ca = readFileSync(check.caFile);
      return await answersOk(httpsRequest(check.url, { timeout: timeoutMs, agent: false, ca }));
    }
  }
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

async function connects(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(path);
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timeout')));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
