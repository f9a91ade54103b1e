import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM texts of a certificate and its key, for tests. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * A new certificate (P-256) of the subject `CN=name`, valid for two days and for `localhost` and 127.0.0.1.
 * @param issuer the authority that signs it; self-signed without
 */
export function makeTestCertificate(name: string, issuer?: TestCertificate): TestCertificate {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'));
  const at = (file: string): string => join(directory, file);
  const signing: string[] = [];
  if (issuer) {
    writeFileSync(at('ca.crt'), issuer.certificate);
    writeFileSync(at('ca.key'), issuer.key);
    signing.push('-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-addext', 'basicConstraints=CA:FALSE');
  }
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
        .concat(['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'])
        .concat(signing, ['-keyout', at('key'), '-out', at('crt')]),
      { stdio: 'ignore' },
    );
    return { certificate: readFileSync(at('crt'), 'utf8'), key: readFileSync(at('key'), 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
