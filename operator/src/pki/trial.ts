import { duplexPair } from 'node:stream';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import type { Credentials } from './issuer.ts';

export interface TrialOptions {
  readonly credentials: Credentials;
  /** What the client trusts; any certificate of a chain may be among them. */
  readonly trusted: readonly string[];
  /** DNS name or address that the client asks for. */
  readonly hostname: string;
}

/** The clock of this machine may not be the one that certificates are issued by. */
const aboutTime = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const trialMs = 10_000;

/** Why a client refuses a certificate in a TLS handshake, in OpenSSL's words, or undefined. Nothing leaves this process. */
export async function refusalOf({
  credentials,
  trusted,
  hostname,
}: TrialOptions): Promise<string | undefined> {
  const [near, far] = duplexPair();
  const { certificate: cert, privateKey: key } = credentials;
  const server = new TLSSocket(far, { isServer: true, secureContext: createSecureContext({ cert, key }) });
  // It only hears that the client went away.
  server.on('error', () => undefined);
  const client = connect({
    socket: near,
    ca: [...trusted],
    host: hostname,
    allowPartialTrustChain: true,
    timeout: trialMs,
  });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      client.on('secureConnect', () => resolve(undefined));
      client.on('timeout', () => reject(new Error('the trial handshake does not end')));
      client.on('error', (error: NodeJS.ErrnoException) =>
        resolve(aboutTime.has(error.code ?? '') ? undefined : error.message),
      );
    });
  } finally {
    client.destroy();
    server.destroy();
  }
}
