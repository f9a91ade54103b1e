/** A certificate or key that cannot be used; the message is one sentence that holds no part of the key. */
export class CertificateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CertificateError';
  }
}
