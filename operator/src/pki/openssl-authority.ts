import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** For tests: a self-signed certificate with these extensions (`-addext`), made in the folder `work` by somebody else's code. */
export function opensslAuthority(work: string, ...extensions: string[]): string {
  const file = join(work, 'crt');
  const more = extensions.flatMap((extension) => ['-addext', extension]);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const key = [...curve, '-nodes', '-keyout', join(work, 'key')];
  execFileSync('openssl', ['req', '-x509', '-subj', '/CN=x', ...key, '-out', file, ...more], {
    stdio: 'ignore',
  });
  return readFileSync(file, 'utf8');
}
