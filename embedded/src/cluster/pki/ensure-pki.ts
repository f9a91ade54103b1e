import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../process/run.ts';
import type { NetworkPlan } from '../network/network-plan.ts';
import { planCertificates } from './certificate-plan.ts';
import type { CertificateRequest } from './certificate-plan.ts';
import { renderAuthorityConfig, renderCertificateConfig, validityDays } from './openssl-config.ts';

const timeoutMs = 30_000;
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes the CA, all certificates and the service account keys in `directory`, unless those for `network` are there. */
export async function ensurePki(directory: string, network: NetworkPlan): Promise<void> {
  const requests = planCertificates(network);
  const planFile = join(directory, 'plan.json');
  const plan = JSON.stringify({ validityDays, requests });
  if (existsSync(planFile) && (await readFile(planFile, 'utf8')) === plan) return;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await rm(planFile, { force: true });
  const keys = ensureServiceAccountKeys(directory);
  await ensureAuthority(directory);
  await Promise.all([keys, ...requests.map((request) => sign(directory, request))]);
  await writeFile(planFile, plan);
}

async function ensureAuthority(directory: string): Promise<void> {
  if (existsSync(join(directory, 'ca.crt'))) return;
  await writeFile(join(directory, 'ca.cnf'), renderAuthorityConfig('wharfinger-embedded-ca'));
  await request(directory, 'ca', []);
}

async function sign(directory: string, certificate: CertificateRequest): Promise<void> {
  await writeFile(join(directory, `${certificate.name}.cnf`), renderCertificateConfig(certificate));
  await request(directory, certificate.name, ['-CA', 'ca.crt', '-CAkey', 'ca.key']);
}

async function request(directory: string, name: string, signer: readonly string[]): Promise<void> {
  const files = ['-config', `${name}.cnf`, '-keyout', `${name}.key`, '-out', `${name}.crt.new`];
  await run('openssl', ['req', '-x509', '-new', ...newKey, '-days', `${validityDays}`, ...files, ...signer], {
    timeoutMs,
    cwd: directory,
  });
  await rename(join(directory, `${name}.crt.new`), join(directory, `${name}.crt`));
}

async function ensureServiceAccountKeys(directory: string): Promise<void> {
  if (existsSync(join(directory, 'service-accounts.pub'))) return;
  const options = { timeoutMs, cwd: directory };
  await run('openssl', ['genrsa', '-out', 'service-accounts.key', '2048'], options);
  await run(
    'openssl',
    ['rsa', '-in', 'service-accounts.key', '-pubout', '-out', 'service-accounts.pub'],
    options,
  );
}
