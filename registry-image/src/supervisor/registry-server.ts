import {
  createServer as createHttp1Server,
  type Server as Http1Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer as createListener, type Server as Listener, type Socket } from 'node:net';
import { createServer as createTlsListener, type TLSSocket } from 'node:tls';
import { Http2Request, Http2Response } from '../http/http2-messages.ts';
import { refusalOf } from '../tls/client-auth.ts';
import type { TlsMaterial } from '../tls/material.ts';
import { secureContextOptions, type TlsPolicy } from '../tls/policy.ts';
import { awaitPreface } from './preface.ts';

/**
 * One listener in front of two servers that do not listen themselves: it gives each connection to the one whose protocol the
 * client speaks, as ALPN or the first bytes tell.
 */
export interface RegistryServer {
  /** Listens, or is given connections by its event `connection`. */
  readonly listener: Listener;
  /** Emits `connection` and `request`. */
  readonly http1: Http1Server;
  /** Emits `session` and `request`; null: HTTP/2 is off. */
  readonly http2: Http2Server | null;
  /** Serves new connections with another certificate and other client authorities; those that are open keep theirs. */
  use(material: TlsMaterial): void;
}

export interface RegistryServerOptions {
  /** null: no TLS. */
  readonly tls: {
    readonly material: TlsMaterial;
    readonly policy: TlsPolicy;
    /** 48 bytes by which a client resumes its session in any process that has the same. */
    readonly ticketKeys?: Buffer;
  } | null;
  /** HTTP/2 beside HTTP/1.1: by ALPN under TLS, with prior knowledge without. */
  readonly http2: boolean;
  /** A TLS connection was closed because of the client's certificate. */
  readonly onRefused?: (refusal: { remote: string; reason: string }) => void;
}

/** Most bytes of a request's header fields: tokens for many repositories are long. */
const headerLimit = 32 * 1024;
/** Milliseconds: longer than the 90 s after which Go's HTTP client drops an idle connection, so that the client is always first. */
const idleLimit = 100_000;
/** Milliseconds for a TLS handshake, and for the first bytes of a connection that may become HTTP/2. */
const handshakeLimit = 30_000;

const http1Options = {
  keepAliveTimeout: idleLimit,
  headersTimeout: 60_000,
  /** A body may take as long as it needs. */
  requestTimeout: 0,
  maxHeaderSize: headerLimit,
};

const http2Options = {
  Http2ServerRequest: Http2Request,
  Http2ServerResponse: Http2Response,
  settings: {
    enablePush: false,
    /** As Go's server has it. One client pushes or pulls a few layers at a time. */
    maxConcurrentStreams: 250,
    maxHeaderListSize: headerLimit,
    /**
     * What a client may have under way for one body, which Node keeps in memory as long as the body is not read: with 64 uploads
     * in two workers, 32 MiB of the 300 that all of it must get by with. Larger frames than the usual 16 KiB would add to that.
     */
    initialWindowSize: 512 * 1024,
  },
};
/** Bytes that a connection may have under way. Node counts what it holds for a stream against that stream's window only. */
const sessionWindow = 4 * 1024 * 1024;

/** Milliseconds: TCP's own keep-alive finds the peers that have gone without a word. */
const keepAliveDelay = 60_000;

export function createRegistryServer(options: RegistryServerOptions): RegistryServer {
  const http1 = createHttp1Server(http1Options);
  http1.on('checkContinue', (request, response) => {
    inTurn(response, () => {
      response.writeContinue();
      http1.emit('request', request, response);
    });
  });
  // It begins to look after its time limits when it listens, which it leaves to the listener.
  http1.emit('listening');
  const http2 = options.http2 ? createSessionServer() : null;
  if (!options.tls) return { ...openly(http1, http2), http1, http2, use: () => {} };
  return { ...encryptedly(options, options.tls, http1, http2), http1, http2 };
}

/**
 * Goes on once all answers before this one have gone out. Node itself asks for a body ("100 Continue") at once; when an answer before is
 * not out yet, that comes between the head and the body of the final answer. (RFC 9110, 15.2)
 */
function inTurn(response: ServerResponse, proceed: () => void): void {
  if (response.socket) proceed();
  else response.once('socket', proceed);
}

function createSessionServer(): Http2Server {
  const server = createHttp2Server(http2Options);
  server.on('session', (session) => {
    session.setLocalWindowSize(sessionWindow);
    // It comes only when nothing at all has been sent or received, so a stream that is open waits for this very process.
    session.setTimeout(idleLimit, () => session.close());
  });
  // What a client does wrong ends its session, and is nobody else's business.
  server.on('sessionError', () => {});
  return server;
}

/** Here and not by the listener, which need not have accepted it. */
function prepare(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveDelay);
}

function openly(http1: Http1Server, http2: Http2Server | null): Pick<RegistryServer, 'listener'> {
  const listener = createListener((socket) => {
    prepare(socket);
    socket.allowHalfOpen = true;
    if (!http2) {
      http1.emit('connection', socket);
      return;
    }
    awaitPreface(socket, handshakeLimit, (isHttp2) => {
      if (isHttp2) socket.allowHalfOpen = false;
      (isHttp2 ? http2 : http1).emit('connection', socket);
    });
  });
  return { listener };
}

function encryptedly(
  options: RegistryServerOptions,
  { material, policy, ticketKeys }: NonNullable<RegistryServerOptions['tls']>,
  http1: Http1Server,
  http2: Http2Server | null,
): Pick<RegistryServer, 'listener' | 'use'> {
  const auth = policy.clientAuth;
  const listener = createTlsListener({
    ...secureContextOptions(material, policy),
    ...(ticketKeys && { ticketKeys }),
    handshakeTimeout: handshakeLimit,
    ALPNProtocols: http2 && policy.http2Allowed ? ['h2', 'http/1.1'] : ['http/1.1'],
    requestCert: auth !== null,
    // With this OpenSSL itself ends a handshake without a certificate, by the alert that says so; it means `verified` too.
    rejectUnauthorized: auth !== null && auth.required && auth.verified,
  });
  const refuse = (socket: TLSSocket, reason: string): void => {
    options.onRefused?.({ remote: socket.remoteAddress ?? '', reason });
    socket.destroy();
  };
  listener.prependListener('connection', prepare);
  listener.on('secureConnection', (socket: TLSSocket) => {
    const reason = refusalOf(socket, auth);
    if (reason !== null) {
      refuse(socket, reason);
      return;
    }
    (socket.alpnProtocol === 'h2' && http2 ? http2 : http1).emit('connection', socket);
  });
  // A handshake that failed is the client's; it has been told by an alert. What Node refuses itself it tells nobody.
  listener.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const missing = error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE';
    const reason = missing ? 'no client certificate' : auth && refusalOf(socket, auth);
    if (missing || socket.authorizationError) refuse(socket, reason ?? '');
    else socket.destroy();
  });
  return { listener, use: (found) => listener.setSecureContext(secureContextOptions(found, policy)) };
}
