import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

/** What a connection and a request need to authenticate. */
export interface Credentials {
  headers: Record<string, string>;
  tls: TlsMaterial;
  /** Changes when `tls` does. */
  tlsFingerprint: string;
}

type TlsMaterial = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;

export interface CredentialSource {
  /** Credentials read at most 10 s ago, or right now when `fresh`. */
  current(fresh?: boolean): Promise<Credentials>;
}

const maxAgeMs = 10_000;

/**
 * Credentials of a kubeconfig, asked anew from client-node every 10 s: it reads token and certificate files again as they rotate (token
 * files every minute) and runs exec plugins when their credential expires.
 */
export function createCredentialSource(kubeConfig: KubeConfig): CredentialSource {
  let cached: { credentials: Promise<Credentials>; readAt: number } | undefined;

  function current(fresh = false): Promise<Credentials> {
    const now = performance.now();
    if (cached !== undefined && !fresh && now - cached.readAt < maxAgeMs) return cached.credentials;
    const entry = { credentials: readCredentials(kubeConfig), readAt: now };
    cached = entry;
    entry.credentials.catch(() => {
      if (cached === entry) cached = undefined;
    });
    return entry.credentials;
  }

  return { current };
}

async function readCredentials(kubeConfig: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value.trim();
  }
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const tls: TlsMaterial = {};
  if (ca !== undefined) tls.ca = ca;
  if (cert !== undefined) tls.cert = cert;
  if (key !== undefined) tls.key = key;
  if (servername !== undefined) tls.servername = servername;
  if (rejectUnauthorized !== undefined) tls.rejectUnauthorized = rejectUnauthorized;
  return { headers, tls, tlsFingerprint: fingerprint(tls) };
}

function fingerprint(tls: TlsMaterial): string {
  const text = JSON.stringify(
    [tls.ca, tls.cert, tls.key, tls.servername, tls.rejectUnauthorized].map(String),
  );
  return createHash('sha256').update(text).digest('hex');
}
