import { join } from 'node:path';
import { must } from '../support/command.ts';

/** A self-signed certificate for 127.0.0.1 in `folder`, by openssl. */
export async function selfSigned(folder: string): Promise<{ certificate: string; key: string }> {
  const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const subject = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', files.key];
  await must(['openssl', 'req', '-x509', '-days', '2', ...key, '-out', files.certificate, ...subject]);
  return files;
}
