import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { parseAnswer } from './answer.ts';
import { backoffDelay, sleep } from './backoff.ts';
import { createConnectionPool } from './connection-pool.ts';
import { createCredentialSource } from './credentials.ts';
import { createDeadline } from './deadline.ts';
import { ApiError, UnreachableError } from './errors.ts';
import type { Log } from './log.ts';

export interface TransportOptions {
  /** Where the API server is and who we are: in-cluster or a context of a file (`loadKubeConfig`). */
  kubeConfig: KubeConfig;
  userAgent: string;
  log: Log;
}

export interface RequestOptions {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path without a query, from `collectionPath` or `objectPath`. */
  path: string;
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Of the body; `application/json` when left out. */
  contentType?: string;
  signal?: AbortSignal;
  /** Milliseconds for each try, answer included; 30,000 when left out. */
  timeoutMs?: number;
  /** Tries after the first; 4 when left out. */
  retries?: number;
}

type Query = Record<string, string | number | boolean | undefined>;

interface StreamOptions {
  path: string;
  query?: Query;
  signal?: AbortSignal;
  /** Milliseconds without a byte after which the stream counts as dead. */
  silenceMs: number;
}

/**
 * HTTP to one API server over one long-lived pool of kept-alive connections.
 *
 * `request` resolves to the parsed JSON answer and rejects with `ApiError` (the server refused), `UnreachableError` (no answer) or the
 * signal's reason. It tries again, after a jittered delay or what Retry-After says: any method after a 429, and GET and
 * server-side apply also after a connection error, a 500, 502, 503 or 504.
 */
export interface Transport {
  request(options: RequestOptions): Promise<unknown>;
  /**
   * Lines of a streamed answer (a watch). Rejects like `request` but never tries again; ends normally when the server ends it;
   * throws `UnreachableError` when the connection is cut or silent for `silenceMs`. A cut last line is not yielded.
   */
  lines(options: StreamOptions): AsyncGenerator<string, void, void>;
  /** Ends all connections. */
  close(): Promise<void>;
}

export const applyContentType = 'application/apply-patch+yaml';

const defaultTimeoutMs = 30_000;
const defaultRetries = 4;
const backoffMs = [200, 5_000] as const;
const longestRetryAfterMs = 30_000;

/** Opens no connection before the first request. Throws when the kubeconfig names no cluster. */
export function createTransport(options: TransportOptions): Transport {
  const cluster = options.kubeConfig.getCurrentCluster();
  if (cluster === null) throw new Error('kubeconfig: the current context names no cluster');
  const { origin, pathname } = new URL(cluster.server);
  const basePath = pathname.replace(/\/$/, '');
  const credentialSource = createCredentialSource(options.kubeConfig);
  const pool = createConnectionPool(cluster, options.log);

  async function dispatch(call: Call, fresh = false): Promise<Dispatcher.ResponseData> {
    const credentials = await credentialSource.current(fresh);
    const answer = await pool.dispatcher(credentials).request({
      origin,
      path: basePath + call.target,
      method: call.method,
      headers: {
        ...credentials.headers,
        accept: 'application/json',
        'user-agent': options.userAgent,
        ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      },
      body: call.body,
      signal: call.signal,
      headersTimeout: call.silenceMs,
      bodyTimeout: call.silenceMs,
    });
    if (answer.statusCode !== 401 || fresh) return answer;
    await answer.body.dump();
    return dispatch(call, true);
  }

  async function tryOnce(request: RequestOptions, call: Call, name: string): Promise<unknown> {
    const deadline = createDeadline(request.timeoutMs ?? defaultTimeoutMs, request.signal);
    try {
      const { statusCode, headers, body } = await dispatch({ ...call, signal: deadline.signal });
      return parseAnswer({ statusCode, retryAfter: retryAfterOf(headers), text: await body.text() }, name);
    } catch (error) {
      request.signal?.throwIfAborted();
      throw error instanceof ApiError ? error : new UnreachableError(name, error);
    } finally {
      deadline.clear();
    }
  }

  async function request(request: RequestOptions): Promise<unknown> {
    const name = `${request.method} ${request.path}`;
    const call: Call = {
      method: request.method,
      target: targetOf(request.path, request.query),
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      contentType: request.contentType,
      silenceMs: 0,
    };
    for (let failures = 1; ; failures += 1) {
      request.signal?.throwIfAborted();
      try {
        return await tryOnce(request, call, name);
      } catch (error) {
        if (failures > (request.retries ?? defaultRetries) || !isRetriable(error, request)) throw error;
        const delayMs = retryDelay(error, failures);
        options.log.debug({ err: error, delayMs }, 'request to the API server failed; trying again');
        await sleep(delayMs, request.signal);
      }
    }
  }

  async function* lines(stream: StreamOptions): AsyncGenerator<string, void, void> {
    const name = `GET ${stream.path}`;
    const { path, query, silenceMs, signal } = stream;
    try {
      const answer = await dispatch({ method: 'GET', target: targetOf(path, query), silenceMs, signal });
      if (answer.statusCode !== 200) await refuse(answer, name);
      yield* splitLines(answer.body);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof ApiError ? error : new UnreachableError(name, error);
    }
  }

  return { request, lines, close: () => pool.close() };
}

interface Call {
  method: RequestOptions['method'];
  /** Path and query. */
  target: string;
  body?: string;
  contentType?: string;
  /** Milliseconds without a byte; 0 when a deadline bounds the whole. */
  silenceMs: number;
  signal?: AbortSignal;
}

/** Reads a refusal to its end and throws it; its body is small, so a few seconds are enough. */
async function refuse(answer: Dispatcher.ResponseData, name: string): Promise<void> {
  const { statusCode, headers, body } = answer;
  parseAnswer({ statusCode, retryAfter: retryAfterOf(headers), text: await body.text() }, name);
}

async function* splitLines(body: Dispatcher.ResponseData['body']): AsyncGenerator<string, void, void> {
  body.setEncoding('utf8');
  let rest = '';
  for await (const chunk of body as AsyncIterable<string>) {
    const lines = chunk.split('\n');
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

function targetOf(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

function retryAfterOf(headers: Dispatcher.ResponseData['headers']): string | undefined {
  const value = headers['retry-after'];
  return typeof value === 'string' ? value : undefined;
}

/** A 429 was not carried out; after the others a write may have been, so only what has the same effect twice is sent again. */
function isRetriable(error: unknown, request: RequestOptions): boolean {
  if (error instanceof ApiError && error.code === 429) return true;
  const idempotent = request.method === 'GET' || request.contentType === applyContentType;
  if (!idempotent) return false;
  return (
    error instanceof UnreachableError ||
    (error instanceof ApiError && [500, 502, 503, 504].includes(error.code))
  );
}

function retryDelay(error: unknown, failures: number): number {
  const backoff = backoffDelay(failures, backoffMs);
  const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  return Math.min(longestRetryAfterMs, Math.max(asked, backoff));
}
