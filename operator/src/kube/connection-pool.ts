import type { Cluster } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Credentials } from './credentials.ts';
import type { Log } from './log.ts';

/** The one pool of connections to the API server. */
export interface ConnectionPool {
  /** The dispatcher for these credentials; a new one when the TLS material changed, while running requests end on the old. */
  dispatcher(credentials: Credentials): Dispatcher;
  close(): Promise<void>;
}

export function createConnectionPool(cluster: Cluster, log: Log): ConnectionPool {
  let open: { dispatcher: Dispatcher; tlsFingerprint: string } | undefined;

  function dispatcher(credentials: Credentials): Dispatcher {
    if (open?.tlsFingerprint === credentials.tlsFingerprint) return open.dispatcher;
    if (open !== undefined) {
      log.info({}, 'TLS credentials changed; opening new connections to the API server');
      open.dispatcher
        .close()
        .catch((error: unknown) => log.warn({ err: error }, 'closing old connections failed'));
    }
    open = { dispatcher: createDispatcher(cluster, credentials), tlsFingerprint: credentials.tlsFingerprint };
    return open.dispatcher;
  }

  async function close(): Promise<void> {
    const last = open;
    open = undefined;
    await last?.dispatcher.destroy();
  }

  return { dispatcher, close };
}

function createDispatcher(cluster: Cluster, credentials: Credentials): Dispatcher {
  const settings = {
    // Each watch keeps one HTTP/1.1 connection; one stuck HTTP/2 connection would stall all of them together.
    allowH2: false,
    // Below the API server's idle time-out of 90 s, so that a request rarely meets a connection that is being closed.
    keepAliveTimeout: 60_000,
    keepAliveMaxTimeout: 80_000,
    connect: { ...credentials.tls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: 30_000 },
  };
  if (cluster.proxyUrl === undefined) return new Agent(settings);
  if (!/^https?:/.test(cluster.proxyUrl)) {
    throw new Error(
      `kubeconfig: proxy-url ${new URL(cluster.proxyUrl).protocol} is not supported; use an http or https proxy`,
    );
  }
  return new ProxyAgent({ ...settings, uri: cluster.proxyUrl, requestTls: credentials.tls });
}
