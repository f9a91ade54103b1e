import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

export interface ConnectionsOptions {
  readonly server: HttpServer;
  readonly encrypted: boolean;
  /** Milliseconds for which a connection may rest after an answer, once draining, before it is closed. */
  readonly idleGrace?: number;
  /** Milliseconds, once draining, for the first request of a new connection (its handshake included). */
  readonly firstRequestGrace?: number;
  /**
   * Milliseconds, once draining, for which a client may neither go on with its body nor with reading its answer: a
   * process must not be left behind by every restart because one client never ends.
   */
  readonly stallLimit?: number;
}

export interface Connections {
  readonly requestsInFlight: number;
  /** To be called first of all for each request. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  /** Stops accepting, lets each connection end with its next or its last answer, and resolves when none is left. */
  drain(): Promise<void>;
}

interface Connection {
  readonly responses: Set<ServerResponse>;
  hadRequest: boolean;
  /** performance.now() of the end of its last answer, or of its begin. */
  idleSince: number;
  /** Bytes received and sent when they were last looked at, and performance.now() of the last time they had grown. */
  bytes: number;
  movedAt: number;
}

const sweepInterval = 50;

/**
 * Keeps count of the connections of a server, so that it can be drained without failing a request. A client may send its
 * next request at the very moment an idle connection is closed, so a connection is closed by an answer with
 * `Connection: close`; without, only when it rests through a grace. (RFC 9112, 9.6)
 */
export function trackConnections(options: ConnectionsOptions): Connections {
  const { server, idleGrace = 500, firstRequestGrace = 5_000, stallLimit = 300_000 } = options;
  const connections = new Map<Socket, Connection>();
  /** Raw sockets of TLS connections whose handshake is under way, by the address of the peer. */
  const handshakes = new Map<string, Socket>();
  let requestsInFlight = 0;
  let draining = false;

  function add(socket: Socket): void {
    const now = performance.now();
    connections.set(socket, {
      responses: new Set(),
      hadRequest: false,
      idleSince: now,
      bytes: 0,
      movedAt: now,
    });
    socket.once('close', () => connections.delete(socket));
  }

  if (options.encrypted) {
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      handshakes.set(peer, socket);
      socket.once('close', () => {
        if (handshakes.get(peer) === socket) handshakes.delete(peer);
      });
    });
    server.on('secureConnection', (socket: Socket) => {
      handshakes.delete(peerOf(socket));
      add(socket);
    });
  } else {
    server.on('connection', add);
  }

  function end(connection: Connection, response: ServerResponse): void {
    requestsInFlight--;
    connection.responses.delete(response);
    connection.idleSince = performance.now();
  }

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket);
    if (!connection) return;
    requestsInFlight++;
    connection.hadRequest = true;
    connection.responses.add(response);
    if (draining) makeLast(response);
    response.once('close', () => end(connection, response));
  }

  function isStalled(socket: Socket, connection: Connection, now: number): boolean {
    const bytes = socket.bytesRead + socket.bytesWritten;
    const waitsForClient =
      socket.writableLength > 0 || [...connection.responses].some(({ req }) => !req.complete);
    if (bytes !== connection.bytes || !waitsForClient) {
      connection.bytes = bytes;
      connection.movedAt = now;
    }
    return now - connection.movedAt >= stallLimit;
  }

  function closeIdle(now: number, since: number): void {
    for (const [socket, connection] of connections) {
      if (connection.responses.size > 0) {
        if (isStalled(socket, connection, now)) socket.destroy();
        continue;
      }
      const grace = connection.hadRequest ? idleGrace : firstRequestGrace;
      if (now - Math.max(since, connection.idleSince) >= grace) socket.destroySoon();
    }
    if (now - since >= firstRequestGrace) for (const socket of handshakes.values()) socket.destroy();
  }

  function drain(): Promise<void> {
    const since = performance.now();
    draining = true;
    for (const { responses } of connections.values()) {
      for (const response of responses) if (!response.headersSent) makeLast(response);
    }
    const sweep = setInterval(() => closeIdle(performance.now(), since), sweepInterval);
    return new Promise<void>((resolve) => {
      // http.Server's own `close` would close the idle connections at once.
      NetServer.prototype.close.call(server, () => {
        clearInterval(sweep);
        resolve();
      });
    });
  }

  return {
    get requestsInFlight() {
      return requestsInFlight;
    },
    begin,
    drain,
  };
}

function makeLast(response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  response.shouldKeepAlive = false;
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? ''}`;
}
