import {
  constants,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { DrainLimits, Exchanges, Graces } from './connections.ts';

interface Session {
  readonly socket: Socket;
  readonly streams: Set<ServerHttp2Stream>;
  hadRequest: boolean;
  /** performance.now() of the end of its last stream, or of its begin. */
  idleSince: number;
  /** performance.now() of when it was first seen closed: a client may take no notice of that. */
  closedSince: number | undefined;
}

/**
 * The sessions of HTTP/2. A GOAWAY refuses each request that is on its way to us (and some clients cannot send such a request
 * again), so it is sent to a session that rests, as a connection of HTTP/1.1 is closed. What comes until then is served, or
 * relayed. (The way without a race, an early GOAWAY with the stream identifier 2^31-1 (RFC 9113, 6.8), is closed: Node's library
 * drops requests without a word once it has sent any GOAWAY.) A session that never rests gets it at the first moment
 * without an open stream, once it was waited for long enough.
 */
export function trackHttp2(
  server: Http2Server,
  graces: Graces,
): Exchanges<Http2ServerRequest, Http2ServerResponse> {
  const sessions = new Map<ServerHttp2Session, Session>();
  let draining: (DrainLimits & { readonly since: number }) | undefined;

  // A session cannot be asked for its socket once it has closed; it begins while its connection is announced.
  let announced: Socket;
  server.prependListener('connection', (socket: Socket) => (announced = socket));
  server.on('session', (session) => {
    const record = { streams: new Set<ServerHttp2Stream>(), hadRequest: false, idleSince: performance.now() };
    sessions.set(session, { ...record, socket: announced, closedSince: undefined });
    announced.once('close', () => sessions.delete(session));
  });

  function begin({ stream }: Http2ServerRequest, response: Http2ServerResponse): void {
    const session = stream.session as ServerHttp2Session | undefined;
    const record = session && sessions.get(session);
    if (!record) return;
    record.hadRequest = true;
    record.streams.add(stream);
    limitStall(stream);
    response.once('close', () => {
      record.streams.delete(stream);
      record.idleSince = performance.now();
      if (record.streams.size === 0 && draining && record.idleSince - draining.since >= draining.patience)
        session.close();
    });
  }

  function drain(limits: DrainLimits): void {
    draining = { since: draining?.since ?? performance.now(), ...limits };
  }

  /** Cuts a stream off once nothing has moved on it for a time, unless it is this process that has something to do. */
  function limitStall(stream: ServerHttp2Stream): void {
    stream.setTimeout(graces.stallLimit, () => {
      if (waitsForClient(stream)) stream.close(constants.NGHTTP2_CANCEL);
      else limitStall(stream);
    });
  }

  function sweep(now: number): void {
    for (const [session, record] of sessions) if (session.closed) endClosed(record, now);
    if (!draining) return;
    const { since, rest, patience } = draining;
    /** The longer it was waited for, the shorter a rest will do. */
    const left = Math.max(0, 1 - (now - since) / patience);
    for (const [session, { hadRequest, streams, idleSince }] of sessions) {
      if (session.closed) continue;
      const grace = hadRequest ? rest * left : graces.firstRequestGrace;
      const rests = streams.size === 0 && now - Math.max(since, idleSince) >= grace;
      // Streams that are open go on to their end all the same.
      if (rests || now - since >= 2 * patience) session.close();
    }
  }

  /** Its connection ends with what the client does then, or does not. */
  function endClosed(record: Session, now: number): void {
    record.closedSince ??= now;
    const since = Math.max(record.closedSince, record.idleSince);
    if (record.streams.size === 0 && now - since >= graces.firstRequestGrace) record.socket.destroy();
  }

  return { begin, drain, sweep };
}

function waitsForClient(stream: ServerHttp2Stream): boolean {
  return stream.writableLength > 0 || stream.state.remoteClose !== 1;
}
