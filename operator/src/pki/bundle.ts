import { X509Certificate } from 'node:crypto';
import { CertificateError } from './certificate-error.ts';

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, one by one and each with a line end; `CertificateError` names what cannot be read in `file`. */
export function certificatesIn(pem: string, file: string): string[] {
  const blocks = (pem.match(block) ?? []).map((one) => `${one.replaceAll('\r\n', '\n')}\n`);
  if (blocks.length === 0) throw new CertificateError(`${file} holds no certificate in PEM`);
  for (const [at, one] of blocks.entries()) {
    if (!isReadable(one)) throw new CertificateError(`certificate ${at + 1} in ${file} cannot be read`);
  }
  return blocks;
}

/** SHA-256 of a certificate's DER, in hex without colons. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** The fingerprint of the first certificate of a PEM text. */
export function pemFingerprint(pem: string): string {
  return fingerprintOf(new X509Certificate(pem));
}

/** Whether a certificate is its own issuer. */
export function isSelfSigned(pem: string): boolean {
  const certificate = new X509Certificate(pem);
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

/** Which of these roots the last certificate of a chain leads to: PEM, or undefined. */
export function rootOf(chain: readonly string[], roots: readonly string[]): string | undefined {
  const last = new X509Certificate(chain.at(-1) ?? '');
  return roots.find((pem) => {
    const root = new X509Certificate(pem);
    const isSame = root.fingerprint256 === last.fingerprint256;
    return isSame || (last.checkIssued(root) && last.verify(root.publicKey));
  });
}

function isReadable(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
