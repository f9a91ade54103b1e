import { Agent } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { CommandError } from '../command-error.ts';
import type { Trust } from './trust.ts';

/** How to reach a registry. */
export interface RegistryAddress {
  /** Opens a connection to it. */
  readonly dial: () => Promise<Duplex>;
  /** The name that its certificate is for. */
  readonly hostname: string;
  /** Undefined: it serves plain HTTP. */
  readonly trust: Trust | undefined;
}

/** Connections at a time. */
export const mostConnections = 4;

/**
 * Keeps connections of `dial` alive and speaks TLS on them. A request fails with what `dial` threw, or a
 * CommandError when TLS cannot be had, or as the connection does.
 */
export function createStreamAgent({ dial, hostname, trust }: RegistryAddress): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: mostConnections });
  agent.createConnection = (_options, ready) => {
    open().then(
      (stream) => ready?.(null, stream),
      // Node passes the missing stream on.
      (error: unknown) => ready?.(error as Error, undefined as unknown as Duplex),
    );
    return undefined;
  };
  return agent;

  async function open(): Promise<Duplex> {
    const stream = await dial();
    return trust === undefined ? withSocketMethods(stream) : secured(stream, hostname, trust);
  }
}

function secured(stream: Duplex, hostname: string, { ca }: Trust): Promise<Duplex> {
  // An address cannot be asked for by SNI (RFC 6066, section 3), but the certificate must name it all the same.
  const name = isIP(hostname) === 0 ? { servername: hostname } : { host: hostname };
  return new Promise((resolve, reject) => {
    const socket = connect({ socket: stream, ca, ...name }, () => resolve(socket));
    // It stays, so that what happens to a resting connection is no crash; a request that is under way has its own.
    socket.on('error', (error) => {
      stream.destroy();
      const isTold = error instanceof CommandError || (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      reject(isTold ? error : new CommandError(`no trusted TLS connection to ${hostname}: ${error.message}`));
    });
  });
}

/** Node's agent takes every connection for a socket; a stream through an API server has nothing to set there. */
function withSocketMethods(stream: Duplex): Duplex {
  const same = (): Duplex => stream;
  return Object.assign(stream, {
    setKeepAlive: same,
    setNoDelay: same,
    setTimeout: same,
    ref: same,
    unref: same,
  });
}
