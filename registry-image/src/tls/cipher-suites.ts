/** OpenSSL's names of the suites up to TLS 1.2, by the names of IANA and Go. What OpenSSL has no more (RC4, 3DES) is left out. */
const names: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};

/** Those of TLS 1.3 are no choice: all three are always on, as in Go, whether they are in the list or not. */
const ofTls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const gone =
  /^TLS_(?:RSA|ECDHE_RSA|ECDHE_ECDSA)_WITH_(?:RC4_128|3DES_EDE_CBC)_SHA$|^TLS_RSA_WITH_AES_256_CBC_SHA256$/;

export interface CipherSuites {
  /** For OpenSSL, colons between; those of TLS 1.3 come with it. */
  readonly list: string;
  /** Whether a client of HTTP/2 accepts any of those for TLS 1.2 (RFC 9113, 9.2.2: key exchange with forward secrecy and AEAD). */
  readonly forHttp2: boolean;
}

/**
 * Reads `http.tls.ciphersuites`; null for an empty list, which is the runtime's own choice. Throws an error of one sentence
 * that names what is wrong.
 */
export function parseCipherSuites(wanted: readonly string[]): CipherSuites | null {
  if (wanted.length === 0) return null;
  const old = wanted.filter((name) => !ofTls13.includes(name)).map(openSslName);
  return {
    list: [...ofTls13, ...old].join(':'),
    forHttp2: old.length === 0 || old.some((name) => /^ECDHE-.*(?:GCM|POLY1305)/.test(name)),
  };
}

function openSslName(name: string): string {
  const found = names[name];
  if (found !== undefined) return found;
  const problem = gone.test(name)
    ? 'is too weak: the TLS library has it no more'
    : 'is not a cipher suite that is known here';
  throw new Error(
    `http.tls.ciphersuites: '${name}' ${problem}, use names such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`,
  );
}
