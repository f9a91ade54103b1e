import { X509Certificate } from 'node:crypto';

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What is wrong with a bundle of authorities in PEM, as the end of a sentence, or undefined. */
export function bundleProblem(text: string): string | undefined {
  if (text.includes('PRIVATE KEY-----')) return 'holds a private key; put the certificates alone there';
  const certificates = text.match(block) ?? [];
  if (certificates.length === 0) return 'holds no certificate in PEM; put one there';
  const broken = certificates.findIndex((certificate) => !isReadable(certificate));
  return broken < 0 ? undefined : `holds a certificate that cannot be read, number ${broken + 1}; correct it`;
}

function isReadable(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0;
  } catch {
    return false;
  }
}
