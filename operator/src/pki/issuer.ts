/** A certificate and its key, in PEM. A leaf comes before the intermediates that lead to its CA. */
export interface Credentials {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What certificates are issued with. */
export interface Issuer {
  /** One certificate, and its key. */
  readonly credentials: Credentials;
  /** What a server sends after its own certificate: PEM of the issuer's and of those above it, but for a root. */
  readonly chain: readonly string[];
  /** What clients should trust. */
  readonly roots: readonly string[];
}

/** A root as an issuer. */
export function rootIssuer(credentials: Credentials): Issuer {
  return { credentials, chain: [], roots: [credentials.certificate] };
}
