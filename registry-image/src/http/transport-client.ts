import { Agent, type IncomingMessage, request as requestPlainly, type RequestOptions } from 'node:http';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectSession,
  constants,
} from 'node:http2';
import { Agent as SecureAgent, request as requestSecurely } from 'node:https';
import type { Readable } from 'node:stream';

/** Every way in which a client can talk to the registry. */
export const transports = ['http1', 'http1-tls', 'http2-tls', 'http2-cleartext'] as const;
export type Transport = (typeof transports)[number];

export interface TransportRequest {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** A stream is sent in chunks as it comes, without a Content-Length. */
  readonly body?: string | Uint8Array | Readable;
  readonly signal?: AbortSignal;
}

export interface TransportAnswer {
  readonly status: number;
  /** By lower-case name; several fields of a name are joined with a comma, as fetch does it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A client of one transport: no redirects, no retries, no defaults; an error rejects. For tests. */
export interface TransportClient {
  readonly transport: Transport;
  request(method: string, path: string, request?: TransportRequest): Promise<TransportAnswer>;
  close(): void;
}

export interface TransportTarget {
  readonly transport: Transport;
  /** `host:port`; the name is checked against the certificate. */
  readonly authority: string;
  /** PEM of the authority of the server's certificate. */
  readonly ca?: string;
  /** A client's own certificate. */
  readonly cert?: string;
  readonly key?: string;
}

export function createTransportClient(target: TransportTarget): TransportClient {
  return target.transport === 'http2-tls' || target.transport === 'http2-cleartext'
    ? createHttp2Client(target)
    : createHttp1Client(target);
}

/** An answer as the `Response` that fetch would give. */
export function toResponse({ status, headers, body }: TransportAnswer): Response {
  // A Response of these must not have a body (Fetch standard, "null body status").
  const content = [204, 205, 304].includes(status) ? null : new Uint8Array(body);
  return new Response(content, { status, headers });
}

function createHttp1Client({ transport, authority, ...tls }: TransportTarget): TransportClient {
  const secure = transport === 'http1-tls';
  const { hostname, port } = new URL(`http://${authority}`);
  const agent = secure ? new SecureAgent({ keepAlive: true, ...tls }) : new Agent({ keepAlive: true });
  const send = secure ? requestSecurely : requestPlainly;

  async function request(
    method: string,
    path: string,
    init: TransportRequest = {},
  ): Promise<TransportAnswer> {
    const options: RequestOptions = {
      agent,
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      method,
      path,
      headers: withLength(init),
      ...(init.signal && { signal: init.signal }),
    };
    return new Promise((resolve, reject) => {
      const sent = send(options, (response: IncomingMessage) => {
        const head = { status: response.statusCode ?? 0, headers: joined(response.headersDistinct) };
        collect(response).then((body) => resolve({ ...head, body }), reject);
      });
      sent.on('error', reject);
      sendBody(sent, init.body);
    });
  }

  return { transport, request, close: () => agent.destroy() };
}

function createHttp2Client({ transport, authority, ...tls }: TransportTarget): TransportClient {
  const origin = `${transport === 'http2-tls' ? 'https' : 'http'}://${authority}`;
  let session: ClientHttp2Session | undefined;

  function openSession(): ClientHttp2Session {
    if (session && !session.closed && !session.destroyed) return session;
    const opened = connectSession(origin, tls);
    // A request on it tells of it too.
    opened.on('error', () => {});
    opened.on('goaway', () => {
      if (session === opened) session = undefined;
    });
    session = opened;
    return opened;
  }

  async function request(
    method: string,
    path: string,
    init: TransportRequest = {},
  ): Promise<TransportAnswer> {
    const headers = { ...withLength(init), ':method': method, ':path': path };
    const stream = openSession().request(headers, {
      endStream: init.body === undefined,
      ...(init.signal && { signal: init.signal }),
    });
    const answer = answerOn(stream);
    if (init.body !== undefined) sendBody(stream, init.body);
    return answer;
  }

  return { transport, request, close: () => session?.destroy() };
}

/** Listens from the begin: a stream that the server closes right after its answer does not wait for a reader. */
function answerOn(stream: ClientHttp2Stream): Promise<TransportAnswer> {
  return new Promise((resolve, reject) => {
    let head: Omit<TransportAnswer, 'body'> | undefined;
    const chunks: Buffer[] = [];
    stream.on('response', (headers) => {
      const fields = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
      head = { status: Number(headers[':status']), headers: joined(Object.fromEntries(fields)) };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (head) resolve({ ...head, body: Buffer.concat(chunks) });
    });
    stream.on('error', reject);
    stream.on('close', () => reject(new Error(`the stream was closed early: ${codeName(stream.rstCode)}`)));
  });
}

function codeName(code: number | undefined): string {
  const known = Object.entries(constants).find(
    ([name, value]) => name.startsWith('NGHTTP2_') && value === code,
  );
  return known?.[0] ?? String(code);
}

function withLength({ headers = {}, body }: TransportRequest): Record<string, string | string[]> {
  const named = Object.keys(headers).map((name) => name.toLowerCase());
  const sized = typeof body === 'string' || body instanceof Uint8Array;
  if (!sized || named.some((name) => name === 'content-length' || name === 'transfer-encoding'))
    return { ...headers };
  return { ...headers, 'content-length': String(Buffer.byteLength(body)) };
}

interface Sink extends NodeJS.WritableStream {
  readonly destroyed: boolean;
}

function sendBody(sink: Sink, body: TransportRequest['body']): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    sink.end(body ?? '');
    return;
  }
  // An answer that came before the end of the body ends the sink first; the source is then of no use any more.
  sink.once('close', () => body.destroy());
  body.on('error', () => {});
  body.pipe(sink);
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
