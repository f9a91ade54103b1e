import type { SecureVersion } from 'node:tls';

const versions: Readonly<Record<string, SecureVersion>> = {
  'tls1.0': 'TLSv1',
  'tls1.1': 'TLSv1.1',
  'tls1.2': 'TLSv1.2',
  'tls1.3': 'TLSv1.3',
};

/** Node's name of an `http.tls.minimumtls` value; TLS 1.2 when it is not set. */
export function minimumVersion(minimumtls: string | undefined): SecureVersion {
  return versions[minimumtls ?? 'tls1.2'] ?? 'TLSv1.2';
}
