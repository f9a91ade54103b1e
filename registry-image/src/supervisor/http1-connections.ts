import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DrainLimits, Exchanges, Graces } from './connections.ts';

interface Connection {
  readonly responses: Set<ServerResponse>;
  hadRequest: boolean;
  /** performance.now() of the end of its last answer, or of its begin. */
  idleSince: number;
  /** Bytes received and sent when they were last looked at, and performance.now() of the last time they had grown. */
  bytes: number;
  movedAt: number;
}

/**
 * The connections of HTTP/1.1. A client may send its next request at the very moment an idle connection is closed, so a
 * connection is closed by an answer with `Connection: close`; without, only when it rests through a grace. (RFC 9112, 9.6)
 */
export function trackHttp1(server: Server, graces: Graces): Exchanges<IncomingMessage, ServerResponse> {
  const connections = new Map<Socket, Connection>();
  let draining: { readonly since: number; readonly rest: number } | undefined;

  server.on('connection', (socket: Socket) => {
    const now = performance.now();
    connections.set(socket, {
      responses: new Set(),
      hadRequest: false,
      idleSince: now,
      bytes: 0,
      movedAt: now,
    });
    socket.once('close', () => connections.delete(socket));
  });

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket);
    if (!connection) return;
    connection.hadRequest = true;
    connection.responses.add(response);
    if (draining) makeLast(response);
    response.once('close', () => {
      connection.responses.delete(response);
      connection.idleSince = performance.now();
    });
  }

  function drain({ rest }: DrainLimits): void {
    draining = { since: draining?.since ?? performance.now(), rest };
    for (const { responses } of connections.values()) {
      for (const response of responses) if (!response.headersSent) makeLast(response);
    }
  }

  function isStalled(socket: Socket, connection: Connection, now: number): boolean {
    const bytes = socket.bytesRead + socket.bytesWritten;
    const waitsForClient =
      socket.writableLength > 0 || [...connection.responses].some(({ req }) => !req.complete);
    if (bytes !== connection.bytes || !waitsForClient) {
      connection.bytes = bytes;
      connection.movedAt = now;
    }
    return now - connection.movedAt >= graces.stallLimit;
  }

  function sweep(now: number): void {
    for (const [socket, connection] of connections) {
      if (connection.responses.size > 0) {
        if (isStalled(socket, connection, now)) socket.destroy();
        continue;
      }
      if (!draining) continue;
      const grace = connection.hadRequest ? draining.rest : graces.firstRequestGrace;
      if (now - Math.max(draining.since, connection.idleSince) >= grace) socket.destroySoon();
    }
  }

  return { begin, drain, sweep };
}

function makeLast(response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  response.shouldKeepAlive = false;
}
