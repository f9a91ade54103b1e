import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Server as NetServer, Socket } from 'node:net';
import { trackHttp1 } from './http1-connections.ts';
import { trackHttp2 } from './http2-sessions.ts';
import type { RegistryServer } from './registry-server.ts';

/** Milliseconds that clients are given. */
export interface Graces {
  /** For the first request of a new connection, its handshake included, once a server drains; and to end a session that was closed. */
  readonly firstRequestGrace: number;
  /**
   * For which a client may neither go on with its body nor with reading its answer: it holds a file open, and memory; and a
   * process must not be left behind by every restart because one client never ends.
   */
  readonly stallLimit: number;
}

/** How long connections may go on once a server drains, in milliseconds. */
export interface DrainLimits {
  /**
   * For which a connection may rest after an answer before it is closed. A client that uses it at that very moment loses its request,
   * and Go's does not send a POST, PUT or PATCH again; one that is longer than clients keep idle connections fails nothing.
   */
  readonly rest: number;
  /** For sessions of HTTP/2 that never rest; after twice this time they take no more streams. */
  readonly patience: number;
}

/** What of the connections of one protocol is kept count of, so that they can be ended without failing a request. */
export interface Exchanges<Request, Response> {
  begin(request: Request, response: Response): void;
  /** From now on, each connection is to end as soon as its client can be trusted not to lose a request by it. Again: with other limits. */
  drain(limits: DrainLimits): void;
  /** To be called again and again, more often while it drains, with performance.now(). */
  sweep(now: number): void;
}

export interface Connections {
  readonly requestsInFlight: number;
  /** To be called first of all for each request of HTTP/1.1, and for each of HTTP/2. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  beginHttp2(request: Http2ServerRequest, response: Http2ServerResponse): void;
  /** Stops accepting, lets each connection end with its next or its last answer, and resolves when none is left. Again: with other limits. */
  drain(limits: DrainLimits): Promise<void>;
}

const sweepInterval = 50;
/** Part of the stall limit that passes between two looks while nothing drains. */
const watchInterval = 0.1;

/**
 * Keeps count of the connections of a server, so that it can be drained without failing a request.
 * @param options.listeners what accepts connections for the server, beside its own listener
 */
export function trackConnections(
  options: {
    server: Pick<RegistryServer, 'listener' | 'http1' | 'http2'>;
    listeners?: readonly NetServer[];
  } & Partial<Graces>,
): Connections {
  const { firstRequestGrace = 5_000, stallLimit = 300_000 } = options;
  const { listener, http1, http2 } = options.server;
  const graces = { firstRequestGrace, stallLimit };
  const ofHttp1 = trackHttp1(http1, graces);
  const ofHttp2 = http2 && trackHttp2(http2, graces);
  /** Sockets that have not shown yet what they will speak (their handshake is under way), by the address of the peer. */
  const undecided = new Map<string, Socket>();
  /** Connections of the listener, which need not accept them itself. */
  const open = new Set<Socket>();
  let onLastClosed = (): void => {};
  let requestsInFlight = 0;
  let drained: Promise<void> | undefined;

  // Before the listener's own: without TLS that one decides at once.
  listener.prependListener('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    undecided.set(peer, socket);
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0) onLastClosed();
      if (undecided.get(peer) === socket) undecided.delete(peer);
    });
  });
  for (const server of [http1, http2]) {
    server?.on('connection', (socket: Socket) => undecided.delete(peerOf(socket)));
  }

  function count(response: ServerResponse | Http2ServerResponse): void {
    requestsInFlight++;
    response.once('close', () => requestsInFlight--);
  }

  function sweep(): void {
    const now = performance.now();
    ofHttp1.sweep(now);
    ofHttp2?.sweep(now);
  }

  /** After what has come in has been read: else what came while this process had no time would look like a rest. */
  const look = (): void => void setImmediate(sweep);
  const watch = setInterval(look, stallLimit * watchInterval).unref();

  function drain(limits: DrainLimits): Promise<void> {
    ofHttp1.drain(limits);
    ofHttp2?.drain(limits);
    return (drained ??= allClosed());
  }

  function allClosed(): Promise<void> {
    const since = performance.now();
    clearInterval(watch);
    const sweeping = setInterval(() => {
      look();
      if (performance.now() - since < firstRequestGrace) return;
      for (const socket of undecided.values()) socket.destroy();
    }, sweepInterval);
    const closed = [listener, ...(options.listeners ?? [])].map(
      (server) => new Promise<void>((resolve) => void server.close(() => resolve())),
    );
    const lastClosed = new Promise<void>((resolve) => {
      onLastClosed = resolve;
      if (open.size === 0) resolve();
    });
    return Promise.all([lastClosed, ...closed]).then(() => clearInterval(sweeping));
  }

  return {
    get requestsInFlight() {
      return requestsInFlight;
    },
    begin(request, response) {
      count(response);
      ofHttp1.begin(request, response);
    },
    beginHttp2(request, response) {
      count(response);
      ofHttp2?.begin(request, response);
    },
    drain,
  };
}

/** The sockets of a path have no address, so they are one: such a listener has no handshakes that could hang for long. */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? ''}`;
}
