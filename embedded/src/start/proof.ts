import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../process/run.ts';
import { writePrivateFile } from './client-files.ts';
import type { ClientFiles } from './client-files.ts';
import { messageOf, StartFailure } from './failure.ts';

/** An image that was pushed and pulled again. */
export interface Proof {
  /** `HOST:PORT/NAME:TAG`. */
  readonly reference: string;
  readonly digest: string;
}

const timeoutMs = 60_000;

/**
 * Pushes a small image with crane, pulls it again and compares the digests. crane trusts nobody but the registry's CA,
 * and gets the password through a file.
 * @throws StartFailure when any of it does not work
 */
export async function proveRegistry(crane: string, host: string, files: ClientFiles): Promise<Proof> {
  const directory = await mkdtemp(join(tmpdir(), 'wharfinger-proof-'));
  const reference = `${host}/wharfinger/proof:latest`;
  const env = {
    ...process.env,
    SSL_CERT_FILE: files.caFile,
    SSL_CERT_DIR: directory,
    DOCKER_CONFIG: directory,
  };
  try {
    await writePrivateFile(join(directory, 'config.json'), await dockerConfig(host, files));
    const layer = await writeLayer(directory);
    const pushed = await run(crane, ['append', '--oci-empty-base', '-f', layer, '-t', reference], {
      env,
      timeoutMs,
    });
    const digest = digestIn(pushed);
    const layout = join(directory, 'pulled');
    await run(crane, ['pull', '--format=oci', reference, layout], { env, timeoutMs });
    const pulled = digestIn(await readFile(join(layout, 'index.json'), 'utf8'));
    if (pulled !== digest) throw new Error(`pushed ${digest}, but pulled ${pulled}`);
    return { reference, digest };
  } catch (error) {
    throw new StartFailure(
      `Pushing and pulling ${reference} did not work: ${messageOf(error)}`,
      `the registry's log (kubectl logs), and curl --cacert ${files.caFile} https://${host}/v2/`,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The first `sha256:…` in `text`. Throws when there is none. */
export function digestIn(text: string): string {
  const digest = /sha256:[0-9a-f]{64}/.exec(text)?.[0];
  if (!digest) throw new Error(`there is no digest in ${JSON.stringify(text.slice(0, 200))}`);
  return digest;
}

async function dockerConfig(host: string, { username, passwordFile }: ClientFiles): Promise<string> {
  const password = await readFile(passwordFile, 'utf8');
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return JSON.stringify({ auths: { [host]: { auth } } });
}

async function writeLayer(directory: string): Promise<string> {
  const layer = join(directory, 'layer.tar');
  await writeFile(join(directory, 'proof.txt'), 'Pushed and pulled by npm start.\n', { mode: 0o644 });
  const reproducible = ['--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=0644'];
  await run('tar', [...reproducible, '-C', directory, '-cf', layer, 'proof.txt'], { timeoutMs });
  return layer;
}
