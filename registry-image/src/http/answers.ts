import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { errorAnswer } from './errors.ts';

/** How much of a body that nobody wants is read to keep the client's connection, in bytes and milliseconds. */
const drainLimit = { bytes: 16 * 1024 * 1024, milliseconds: 5000 };

/** Sends JSON with its length; to a HEAD the header alone. */
export function sendJson(response: Response, status: number, body: unknown, type = 'application/json'): void {
  sendBuffer(response, status, Buffer.from(`${JSON.stringify(body)}\n`), type);
}

export function sendBuffer(response: Response, status: number, body: Buffer, type: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

/** Sends an answer without a body. */
export function sendEmpty(response: Response, status: number): void {
  response.statusCode = status;
  if (status !== 204 && status !== 304) response.setHeader('Content-Length', 0);
  response.end();
}

/** Answers with what went wrong; after the first byte of another answer it can only cut the connection. */
export function sendError(options: {
  error: unknown;
  request: Request;
  response: Response;
  log: Logger;
}): void {
  const { error, request, response, log } = options;
  const answer = errorAnswer(error);
  if (answer.internal)
    log.error({ err: error, method: request.method, path: request.path }, 'the request failed');
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  for (const name of ['Content-Range', 'ETag', 'Cache-Control']) response.removeHeader(name);
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', 'application/json');
  response.statusCode = answer.status;
  const body = Buffer.from(`${JSON.stringify(answer.body)}\n`);
  response.setHeader('Content-Length', body.length);
  if (request.complete || request.readableEnded || !hasBody(request)) {
    response.end(body);
    return;
  }
  // The client gets its answer now. The connection ends only when it does not stop sending: closing it under a body
  // that is still coming would reset it, and the client would never read the answer.
  if (request.method === 'HEAD') response.flushHeaders();
  else response.write(body);
  drain(request, () => response.end());
}

function drain(request: Request, done: () => void): void {
  let left = drainLimit.bytes;
  const timer = setTimeout(() => request.socket.destroy(), drainLimit.milliseconds);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.socket.destroy();
  });
  request.once('end', done);
  request.once('close', () => clearTimeout(timer));
  request.once('error', () => clearTimeout(timer));
  request.resume();
}

function hasBody(request: Request): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
