import { type IncomingMessage, request as sendRequest, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { dialRelay } from './relay-channel.ts';

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

/** Has a request answered by a worker that serves; calls `refuse` when none can be reached for a time. */
export type Relay = (request: AnyRequest, response: AnyResponse, refuse: () => void) => void;

/** Headers that concern one connection only, and Expect, which was answered already (RFC 9110, 7.6.1 and 10.1.1). */
const ownHeaders = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
  'expect',
  'proxy-connection',
]);

/** Tells the worker that answers whose connection it was that the request came on. Believed on the channel alone. */
const originHeader = 'x-wharfinger-relayed-for';

/** Milliseconds between two attempts to reach a worker. */
const dialInterval = 100;

interface Origin {
  readonly remoteAddress: string;
  readonly encrypted: boolean;
}

/**
 * Relays requests to the workers that replaced this one. A connection that is kept alive cannot be taken back from a
 * client, so the old worker keeps it for what still comes on it, which a new worker answers.
 * @param options.patience milliseconds for which a worker is looked for again and again; those that serve may be starting anew
 */
export function createRelay(options: { port: number; key: string; patience: number }): Relay {
  return (request, response, refuse) => {
    const since = performance.now();
    let socket: TLSSocket;
    let retry: NodeJS.Timeout | undefined;
    let gone = false;
    /** The client has gone: no worker must be left waiting for the rest of its request. */
    const giveUp = (): void => {
      gone = true;
      clearTimeout(retry);
      socket.destroy();
    };

    function failed(): void {
      if (gone) return;
      if (performance.now() - since < options.patience) {
        retry = setTimeout(dial, dialInterval);
        return;
      }
      response.removeListener('close', giveUp);
      refuse();
    }

    function dial(): void {
      socket = dialRelay(options.port, options.key);
      socket.once('error', failed);
      socket.once('secureConnect', () => {
        socket.removeListener('error', failed);
        response.removeListener('close', giveUp);
        relayOver(socket, request, response);
      });
    }

    response.once('close', giveUp);
    dial();
  };
}

function relayOver(socket: Socket, request: AnyRequest, response: AnyResponse): void {
  const upstream = sendRequest({
    createConnection: () => socket,
    method: request.method,
    path: request.url,
    headers: [...forwarded(request), originHeader, JSON.stringify(originOf(request))],
    setHost: false,
  });
  upstream.on('response', (answer) => {
    const headers = endToEnd(answer.rawHeaders);
    if (response instanceof ServerResponse) {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...headers, 'Connection', 'close']);
    } else {
      writeHttp2Head(response, answer.statusCode ?? 502, headers);
    }
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  upstream.on('error', () => response.destroy());
  response.once('close', () => upstream.destroy());
  request.once('error', () => upstream.destroy());
  request.pipe(upstream);
}

function originOf(request: AnyRequest): Origin {
  const { encrypted = false }: { encrypted?: boolean } =
    'stream' in request ? (request.stream.session ?? {}) : (request.socket as { encrypted?: boolean });
  return { remoteAddress: request.socket.remoteAddress ?? '', encrypted };
}

/** The fields for HTTP/1.1: pseudo fields left out, `:authority` as Host, a body without a length in chunks. */
function forwarded(request: AnyRequest): string[] {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const isHttp2 = 'stream' in request;
  const hasBody = isHttp2 ? !request.stream.endAfterHeaders : encoding !== undefined;
  return [
    // `:authority` is what counts when there is a Host as well (RFC 9113, 8.3.1).
    ...(isHttp2 ? ['Host', request.authority] : []),
    ...endToEnd(request.rawHeaders).filter((_, index, raw) => isReal(nameAt(raw, index), isHttp2)),
    // Said also where Node would leave it out, as for GET: else the body would be read as the next request.
    ...(hasBody && length === undefined ? ['Transfer-Encoding', 'chunked'] : []),
  ];
}

function isReal(name: string, isHttp2: boolean): boolean {
  return !name.startsWith(':') && name !== originHeader && !(isHttp2 && name === 'host');
}

function endToEnd(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => !ownHeaders.has(nameAt(rawHeaders, index)));
}

/** The lower-case name of the field that an element, name or value, belongs to. */
function nameAt(rawHeaders: readonly string[], index: number): string {
  return (rawHeaders[index - (index % 2)] ?? '').toLowerCase();
}

function writeHttp2Head(response: Http2ServerResponse, status: number, raw: readonly string[]): void {
  for (let index = 0; index + 1 < raw.length; index += 2) {
    response.appendHeader(raw[index] ?? '', raw[index + 1] ?? '');
  }
  response.writeHead(status);
}

/** Makes a request that came over the channel look as if its client's own connection ended here. */
export function restoreOrigin(request: IncomingMessage): void {
  const header = request.headers[originHeader];
  delete request.headers[originHeader];
  if (typeof header !== 'string') return;
  const { remoteAddress, encrypted } = JSON.parse(header) as Origin;
  Object.defineProperties(request.socket, {
    remoteAddress: { value: remoteAddress },
    encrypted: { value: encrypted },
  });
}
