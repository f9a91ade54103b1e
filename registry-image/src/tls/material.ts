import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** A certificate with its chain and its private key, and the authorities of client certificates, as PEM texts. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
  readonly clientCas: readonly string[];
}

/** SHA-256 fingerprint of the first certificate of a PEM text: 64 lower-case hex digits. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}

/**
 * Checks that a server can serve with this pair. Throws an error of one sentence, which never holds key material, that names the
 * setting (`http.tls.certificate`, …) that is wrong.
 */
export function checkTlsMaterial(material: Omit<TlsMaterial, 'clientCas'>, section: string): void {
  const certificate = parse(`${section}.certificate: no PEM certificate could be read from the file`, () => {
    return new X509Certificate(material.certificate);
  });
  const key = parse(
    `${section}.key: no PEM private key without a passphrase could be read from the file`,
    () => {
      return createPrivateKey(material.key);
    },
  );
  if (!certificate.checkPrivateKey(key)) {
    throw new Error(`${section}: the private key does not belong to the certificate`);
  }
  parse(`${section}.certificate: the certificate or its chain cannot be used for TLS`, () => {
    return createSecureContext({ cert: material.certificate, key: material.key });
  });
}

/** Throws an error of one sentence unless each text holds certificates that can be authorities of client certificates. */
export function checkClientCas(texts: readonly string[], section: string): void {
  texts.forEach((text, index) => {
    parse(`${section}.clientcas[${index}]: no PEM certificate could be read from the file`, () => {
      const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [''];
      return blocks.map((block) => new X509Certificate(block));
    });
  });
}

function parse<T>(problem: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new Error(problem);
  }
}
