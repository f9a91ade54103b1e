import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstUser } from './example-registry.ts';
import type { RegistryDocument } from './example-registry.ts';
import { StartFailure } from './failure.ts';
import { readObject } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';

/** What a client needs to trust the registry and to log in, as files. */
export interface ClientFiles {
  readonly caFile: string;
  readonly username: string;
  /** Mode 600; the password and nothing else. */
  readonly passwordFile: string;
  /** `NAMESPACE/NAME` of the Secret with the password. */
  readonly secret: string;
}

interface Data {
  readonly data?: Readonly<Record<string, string>>;
}

/** Writes the CA certificate and the first user's password of `registry` into `directory`. */
export async function writeClientFiles(
  cluster: Kubectl,
  registry: RegistryDocument,
  directory: string,
): Promise<ClientFiles> {
  const { name, namespace } = registry.metadata;
  const username = firstUser(registry);
  const secret = `${name}-user-${username}`;
  const ca = await readKey(cluster, namespace, 'configmap', `${name}-ca`, 'ca.crt');
  const password = Buffer.from(await readKey(cluster, namespace, 'secret', secret, 'password'), 'base64');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files = { caFile: join(directory, 'ca.crt'), passwordFile: join(directory, 'password') };
  await writeFile(files.caFile, ca);
  await writePrivateFile(files.passwordFile, password);
  return { ...files, username, secret: `${namespace}/${secret}` };
}

/** Writes a file that only its owner may read, also where a file of another mode was before. */
export async function writePrivateFile(path: string, content: string | Buffer): Promise<void> {
  await writeFile(path, '', { mode: 0o600 });
  await chmod(path, 0o600);
  await writeFile(path, content);
}

async function readKey(
  cluster: Kubectl,
  namespace: string,
  kind: 'configmap' | 'secret',
  name: string,
  key: string,
): Promise<string> {
  const value = (await readObject<Data>(cluster, namespace, kind, name))?.data?.[key];
  if (value !== undefined && value !== '') return value;
  throw new StartFailure(
    `The ${kind} ${name} in ${namespace} has no ${key}, although the Registry is Ready.`,
    `kubectl --kubeconfig ${cluster.kubeconfig} --namespace ${namespace} get ${kind} ${name}`,
  );
}
