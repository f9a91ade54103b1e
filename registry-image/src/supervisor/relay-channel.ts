import type { Socket } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';

/**
 * The way from a worker that was replaced to one that serves, on the loopback address. Both ends prove in the handshake that
 * they know the key of this boot, which only the supervisor and its workers ever had (TLS with a pre-shared key, RFC 4279), so
 * it is no way around the certificate that clients may have to show.
 */
const loopback = '127.0.0.1';
const identity = 'worker';
const suite = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const;

/** Accepts the connections of other workers of this boot, and hands each to `onConnection`. */
export function createRelayListener(key: string, onConnection: (socket: TLSSocket) => void): Server {
  const secret = Buffer.from(key, 'hex');
  const server = createServer(
    {
      ...suite,
      allowHalfOpen: true,
      noDelay: true,
      pskCallback: (_socket, name) => (name === identity ? secret : null),
    },
    onConnection,
  );
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
  return server;
}

/** A connection to a worker that listens on `port`; it emits `secureConnect`, or `error`. */
export function dialRelay(port: number, key: string): TLSSocket {
  return connect({
    ...suite,
    host: loopback,
    port,
    pskCallback: () => ({ identity, psk: Buffer.from(key, 'hex') }),
    // There are no certificates: who answers has the key.
    checkServerIdentity: () => undefined,
  });
}

/** Listens where dialRelay dials. */
export function listenForRelays(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, loopback, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

/** The port for dialRelay; all workers of a boot share it, and those that serve take what comes in. */
export function relayPortOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}
