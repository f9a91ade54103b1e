import { isNotFound, objectNames, secrets, secretText, type ServedRegistry } from '@wharfinger/operator';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandError } from '../command-error.ts';

/** Somebody whom a registry knows. */
export interface Credential {
  readonly username: string;
  readonly password: string;
}

/** Reads a Credential when it is needed; undefined when it is not there. */
export type Login = () => Promise<Credential | undefined>;

/**
 * Who may be asked for: the user of the Secret `secretName`, else the users of the Registry in their order, nobody when it has no users.
 * @throws CommandError when the passwords of its users are known to nobody
 */
export function loginsOf(
  { client, namespace }: Pick<Cluster, 'client' | 'namespace'>,
  { metadata, spec }: ServedRegistry,
  secretName: string | undefined,
): Login[] {
  if (secretName !== undefined) return [() => givenSecret(secretName)];
  const htpasswd = spec.auth?.htpasswd;
  if (htpasswd === undefined) return [];
  if (htpasswd.secretName !== undefined) {
    throw new CommandError(
      `Secret ${htpasswd.secretName} has only hashes of the passwords of Registry ${metadata.name}; give --credentials SECRET with a username and password`,
    );
  }
  return (htpasswd.users ?? []).map(({ name, passwordSecretRef }) => {
    const secret = passwordSecretRef?.name ?? objectNames(metadata.name).user(name);
    return async () => {
      const password = await secretKey(secret, passwordSecretRef?.key ?? 'password');
      return password === undefined ? undefined : { username: name, password };
    };
  });

  async function givenSecret(name: string): Promise<Credential> {
    const [username, password] = [await secretKey(name, 'username'), await secretKey(name, 'password')];
    if (username !== undefined && password !== undefined) return { username, password };
    throw new CommandError(
      `--credentials: there is no Secret ${name} with username and password in ${namespace}`,
    );
  }

  async function secretKey(name: string, key: string): Promise<string | undefined> {
    try {
      return secretText(await client.get(secrets, { namespace, name }), key);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}
