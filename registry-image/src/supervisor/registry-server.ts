import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { TlsMaterial } from '../tls/material.ts';
import { minimumVersion } from '../tls/version.ts';

export interface RegistryServer {
  readonly server: Server;
  /** Serves new connections with another certificate; those that are open keep theirs. */
  use(material: TlsMaterial): void;
}

const serverOptions = {
  /** Longer than the 90 s after which Go's HTTP client drops an idle connection, so that the client is always first. */
  keepAliveTimeout: 100_000,
  headersTimeout: 60_000,
  /** A body may take as long as it needs. */
  requestTimeout: 0,
  /** TCP's own keep-alive finds the peers that have gone without a word. */
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
};

/** An HTTP server, or an HTTPS server when there is material for it. */
export function createRegistryServer(options: {
  tls: TlsMaterial | null;
  minimumtls?: string;
}): RegistryServer {
  if (!options.tls) return { server: createServer(serverOptions), use: () => {} };
  const contextOf = ({ certificate, key }: TlsMaterial): object => {
    return { cert: certificate, key, minVersion: minimumVersion(options.minimumtls) };
  };
  const server = createSecureServer({ ...serverOptions, ...contextOf(options.tls) });
  return { server, use: (material) => server.setSecureContext(contextOf(material)) };
}
