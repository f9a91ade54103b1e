import type { Request, Response } from 'express';
import { constants, Http2ServerResponse } from 'node:http2';
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
  response.end(response.req.method === 'HEAD' ? undefined : body);
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
  const content = request.method === 'HEAD' ? undefined : body;
  if (request.complete || request.readableEnded) {
    response.end(content);
    return;
  }
  if (isHttp2(response)) {
    endStream(request, response, content);
    return;
  }
  if (!hasBody(request)) {
    response.end(content);
    return;
  }
  // The client gets its answer now. The connection ends only when it does not stop sending: closing it under a body
  // that is still coming would reset it, and the client would never read the answer.
  if (content) response.write(content);
  else response.flushHeaders();
  drain(request, { done: () => response.end(), cut: () => request.socket.destroy() });
}

function isHttp2(response: object): response is Http2ServerResponse {
  return response instanceof Http2ServerResponse;
}

/**
 * The end of the answer goes out at once. "A server MAY request that the client abort transmission of a request without error by
 * sending a RST_STREAM with an error code of NO_ERROR after sending a complete response" (RFC 9113, 8.1): only to a client that
 * does not stop by itself, because Node sends a reset before what waits to be sent, and the client would lose the answer.
 */
function endStream(request: Request, response: Http2ServerResponse, content: Buffer | undefined): void {
  const { stream } = response;
  response.end(content ?? '');
  drain(request, { done: () => {}, cut: () => stream.close(constants.NGHTTP2_NO_ERROR) });
}

/** Reads what is left of a body and drops it: `done` at its end, `cut` when it is too long or takes too long. */
function drain(request: Request, { done, cut }: { done: () => void; cut: () => void }): void {
  let left = drainLimit.bytes;
  const timer = setTimeout(cut, drainLimit.milliseconds);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cut();
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
