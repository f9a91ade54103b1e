import type { CertificateRequest } from './certificate-plan.ts';

/** Days for which certificates are valid. */
export const validityDays = 3650;

/** The openssl configuration file of the cluster's CA. */
export function renderAuthorityConfig(commonName: string): string {
  return renderConfig(
    [`CN = ${commonName}`],
    [
      'basicConstraints = critical, CA:TRUE',
      'keyUsage = critical, digitalSignature, keyCertSign, cRLSign',
      'subjectKeyIdentifier = hash',
    ],
  );
}

/** The openssl configuration file of a certificate that the CA signs. */
export function renderCertificateConfig(request: CertificateRequest): string {
  const subject = request.organization ? [`O = ${request.organization}`] : [];
  const names = request.names ? [`subjectAltName = ${request.names.join(', ')}`] : [];
  return renderConfig(
    [...subject, `CN = ${request.commonName}`],
    [
      'basicConstraints = critical, CA:FALSE',
      'keyUsage = critical, digitalSignature, keyEncipherment',
      `extendedKeyUsage = ${request.usages.join(', ')}`,
      'subjectKeyIdentifier = hash',
      'authorityKeyIdentifier = keyid',
      ...names,
    ],
  );
}

function renderConfig(subject: readonly string[], extensions: readonly string[]): string {
  return [
    '[req]',
    'prompt = no',
    'string_mask = utf8only',
    'distinguished_name = subject',
    'x509_extensions = extensions',
    '[subject]',
    ...subject,
    '[extensions]',
    ...extensions,
    '',
  ].join('\n');
}
