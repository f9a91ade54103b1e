import type { TLSSocket } from 'node:tls';
import type { Config } from '../config/schema.ts';

type Tls = NonNullable<Config['http']['tls']>;

/** What a client has to show of itself, with the meaning that the modes have in Go. */
export interface ClientAuth {
  /** Without a certificate the handshake fails. */
  readonly required: boolean;
  /** A certificate that is shown must come from one of the client authorities. */
  readonly verified: boolean;
}

const modes: Readonly<Record<Tls['clientauth'], ClientAuth>> = {
  'request-client-cert': { required: false, verified: false },
  'require-any-client-cert': { required: true, verified: false },
  'verify-client-cert-if-given': { required: false, verified: true },
  'require-and-verify-client-cert': { required: true, verified: true },
};

/** null: clients are asked for no certificate, because there are no authorities (as in distribution). */
export function clientAuthOf({ clientcas, clientauth }: Tls): ClientAuth | null {
  return clientcas.length === 0 ? null : modes[clientauth];
}

/** Why a client that has ended its handshake may not go on; null when it may. */
export function refusalOf(socket: TLSSocket, auth: ClientAuth | null): string | null {
  if (auth === null) return null;
  const { authorized, authorizationError } = socket;
  if (authorized) return null;
  // Of a socket that is closed only its error can be asked for.
  const shown = socket.destroyed || socket.getPeerX509Certificate() !== undefined;
  if (!shown) return auth.required ? 'no client certificate' : null;
  if (!auth.verified) return null;
  return `the client certificate is not accepted: ${String(authorizationError)}`;
}
