import type { SecureContextOptions, SecureVersion } from 'node:tls';
import { DEFAULT_CIPHERS } from 'node:tls';
import type { Config } from '../config/schema.ts';
import { parseCipherSuites } from './cipher-suites.ts';
import { type ClientAuth, clientAuthOf } from './client-auth.ts';
import type { TlsMaterial } from './material.ts';

/** How TLS is spoken, whatever the certificate. */
export interface TlsPolicy {
  readonly minVersion: SecureVersion;
  /** In OpenSSL's form. */
  readonly ciphers: string;
  readonly clientAuth: ClientAuth | null;
  /** False when no suite that is left suits HTTP/2 and TLS 1.2. */
  readonly http2Allowed: boolean;
}

const versions: Readonly<Record<NonNullable<Config['http']['tls']>['minimumtls'], SecureVersion>> = {
  'tls1.0': 'TLSv1',
  'tls1.1': 'TLSv1.1',
  'tls1.2': 'TLSv1.2',
  'tls1.3': 'TLSv1.3',
};

/** Throws an error of one sentence when a setting of `http.tls` cannot be honoured. */
export function tlsPolicyOf(tls: NonNullable<Config['http']['tls']>): TlsPolicy {
  const minVersion = versions[tls.minimumtls];
  const suites = parseCipherSuites(tls.ciphersuites);
  const list = suites?.list ?? DEFAULT_CIPHERS;
  // OpenSSL has the signatures of TLS 1.0 and 1.1 only at its level 0.
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  return {
    minVersion,
    ciphers: isOld ? `${list}:@SECLEVEL=0` : list,
    clientAuth: clientAuthOf(tls),
    http2Allowed: minVersion === 'TLSv1.3' || (suites?.forHttp2 ?? true),
  };
}

export function secureContextOptions(material: TlsMaterial, policy: TlsPolicy): SecureContextOptions {
  const { certificate, key, clientCas } = material;
  return {
    cert: certificate,
    key,
    minVersion: policy.minVersion,
    ciphers: policy.ciphers,
    honorCipherOrder: true,
    ...(policy.clientAuth && { ca: [...clientCas] }),
  };
}
