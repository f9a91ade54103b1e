import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Credentials } from './issuer.ts';

const run = promisify(execFile);

export interface MadeByOpenssl {
  readonly subject?: string;
  readonly by?: Credentials;
  /** Arguments of `openssl genpkey`. */
  readonly key?: readonly string[];
  readonly extensions?: readonly string[];
  readonly days?: number;
  readonly digest?: string;
}

const ec = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** For tests: a directory of files, and openssl to work in it. */
export interface OpensslFolder {
  openssl(...args: string[]): Promise<string>;
  write(name: string, text: string): Promise<void>;
  /** A certificate and key that another hand made. */
  make(wanted: MadeByOpenssl): Promise<Credentials>;
  remove(): Promise<void>;
}

export async function opensslFolder(): Promise<OpensslFolder> {
  const cwd = await mkdtemp(join(tmpdir(), 'wharfinger-pki-'));
  let serial = 1;

  async function openssl(...args: string[]): Promise<string> {
    const { stdout } = await run('openssl', args, { cwd });
    return stdout;
  }

  const write = (name: string, text: string): Promise<void> => writeFile(join(cwd, name), text);
  const read = (name: string): Promise<string> => readFile(join(cwd, name), 'utf8');

  async function make({
    subject = '/CN=made',
    by,
    key = ec,
    ...wanted
  }: MadeByOpenssl): Promise<Credentials> {
    const { extensions = [], days = 30, digest = 'sha256' } = wanted;
    serial += 1;
    await openssl('genpkey', ...key, '-out', 'made.key');
    await write('made.ext', extensions.join('\n'));
    await openssl('req', '-new', '-key', 'made.key', '-subj', subject, '-out', 'made.csr');
    if (by) {
      await write('by.crt', by.certificate);
      await write('by.key', by.privateKey);
    }
    const signer = by ? ['-CA', 'by.crt', '-CAkey', 'by.key'] : ['-signkey', 'made.key'];
    const form = ['-days', String(days), `-${digest}`, '-extfile', 'made.ext', '-set_serial', String(serial)];
    await openssl('x509', '-req', '-in', 'made.csr', ...signer, ...form, '-out', 'made.crt');
    return { certificate: await read('made.crt'), privateKey: await read('made.key') };
  }

  return { openssl, write, make, remove: () => rm(cwd, { recursive: true }) };
}
