import { X509Certificate } from 'node:crypto';

const longestText = 24 * 1024;
const mostCertificates = 8;
const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a CA file, each spelled anew in PEM, so that nothing else of the file goes further. Undefined when it holds none,
 * more than eight, one that cannot be read, or more than 24 KiB.
 */
export function certificatesIn(text: string): string[] | undefined {
  if (text.length > longestText) return undefined;
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0 || blocks.length > mostCertificates) return undefined;
  try {
    return [...new Set(blocks.map((one) => new X509Certificate(one).toString()))];
  } catch {
    return undefined;
  }
}
