import type { Secret } from '../../kube/builtin-kinds.ts';
import { certificatesIn } from '../../pki/bundle.ts';
import { CertificateError } from '../../pki/certificate-error.ts';
import type { Credentials } from '../../pki/issuer.ts';
import { secretText } from '../../resources/secrets.ts';

/** `tls.crt` and `tls.key` of a Secret; '' for what is not there. */
export function credentialsOf(secret: Pick<Secret, 'data'>): Credentials {
  return {
    certificate: secretText(secret, 'tls.crt') ?? '',
    privateKey: secretText(secret, 'tls.key') ?? '',
  };
}

/** The certificates in `tls.crt`; none when they cannot be read. */
export function chainOf(secret: Pick<Secret, 'data'>): string[] {
  try {
    return certificatesIn(secretText(secret, 'tls.crt') ?? '', 'tls.crt');
  } catch (error) {
    if (error instanceof CertificateError) return [];
    throw error;
  }
}
