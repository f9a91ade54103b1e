import {
  type IncomingMessage,
  request as sendRequest,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** Answers a request with what a new worker answers; `fallback` answers it when none can be reached. */
export type Relay = (request: IncomingMessage, response: ServerResponse, fallback: RequestListener) => void;

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

/**
 * Relays requests to the workers that replaced this one, through the address that all listen on. A kept-alive connection
 * cannot be taken back from a client, so the old worker keeps it for one more request, which a new worker answers.
 */
export function createRelay(address: AddressInfo | string | null, encrypted: boolean): Relay {
  return (request, response, fallback) => {
    const socket = dial(address, encrypted);
    const failed = (): void => fallback(request, response);
    socket.once('error', failed);
    socket.once(encrypted ? 'secureConnect' : 'connect', () => {
      socket.removeListener('error', failed);
      relayOver(socket, request, response);
    });
  };
}

function dial(address: AddressInfo | string | null, encrypted: boolean): Socket {
  const where = typeof address === 'string' ? { path: address } : loopbackOf(address);
  // It is this very server's port on this machine, and its certificate is made out to another name than a loopback address.
  return encrypted ? connectSecurely({ ...where, rejectUnauthorized: false }) : connect(where);
}

function loopbackOf(address: AddressInfo | null): { host: string; port: number } {
  if (!address) return { host: '127.0.0.1', port: 0 };
  const { address: host, port } = address;
  // `::` takes IPv4 too, and a pod without IPv6 addresses lacks even ::1.
  return { host: host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host, port };
}

function relayOver(socket: Socket, request: IncomingMessage, response: ServerResponse): void {
  const upstream = sendRequest({
    createConnection: () => socket,
    method: request.method,
    path: request.url,
    headers: endToEnd(request.rawHeaders),
    setHost: false,
  });
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
      ...endToEnd(answer.rawHeaders),
      'Connection',
      'close',
    ]);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  upstream.on('error', () => response.destroy());
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
}

function endToEnd(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter(
    (_, index) => !ownHeaders.has((rawHeaders[index - (index % 2)] ?? '').toLowerCase()),
  );
}
