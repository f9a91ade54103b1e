import { isNotFound, type ServedRegistry } from '@wharfinger/operator';
import { CommandError } from '../command-error.ts';
import type { Cluster } from './cluster.ts';
import { registries } from './kinds.ts';

/**
 * The Registry `name` of the namespace, or without a name the only one there.
 * @throws CommandError when there is none, or several to choose from
 */
export async function chosenRegistry(
  { client, namespace }: Pick<Cluster, 'client' | 'namespace'>,
  name: string | undefined,
): Promise<ServedRegistry> {
  const found = await listRegistries();
  const names = found.map(({ metadata }) => metadata.name);
  if (name !== undefined) {
    const named = found.find(({ metadata }) => metadata.name === name);
    if (named) return named;
    const others = names.length === 0 ? 'no Registry at all' : `only ${names.join(', ')}`;
    throw new CommandError(`there is no Registry ${name} in the namespace ${namespace}, ${others}`);
  }
  const [only, ...more] = found;
  if (only === undefined) {
    throw new CommandError(`there is no Registry in the namespace ${namespace}; name another one with -n`);
  }
  if (more.length === 0) return only;
  throw new CommandError(
    `the namespace ${namespace} has several Registries, ${names.join(', ')}; name one with -r`,
  );

  async function listRegistries(): Promise<ServedRegistry[]> {
    try {
      return (await client.list(registries, { namespace })).items;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new CommandError('this cluster does not know Registries; install the Wharfinger operator on it');
    }
  }
}
