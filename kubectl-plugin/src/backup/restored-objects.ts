import { readFile } from 'node:fs/promises';
import {
  isNotFound,
  type KubeObject,
  type ResourceKind,
  secrets,
  type ServedRegistry,
} from '@wharfinger/operator';
import type { Cluster } from '../cluster/cluster.ts';
import { registries } from '../cluster/kinds.ts';
import { CommandError } from '../command-error.ts';
import type { Terminal } from '../terminal.ts';
import { parseObjects } from './object-file.ts';

/**
 * Creates what a file of `backup` has and the namespace lacks: the Secrets before the Registry, so that the operator finds them and makes no others.
 * @throws CommandError when the file cannot be used
 */
export async function restoreObjects(
  { client, namespace }: Pick<Cluster, 'client' | 'namespace'>,
  file: string,
  terminal: Pick<Terminal, 'progress'>,
): Promise<ServedRegistry> {
  const objects = parseObjects(await textOf(file));
  for (const secret of objects.secrets) await createAbsent(secrets, secret);
  return createAbsent(registries, objects.registry);

  async function createAbsent<T extends KubeObject>(kind: ResourceKind<T>, object: KubeObject): Promise<T> {
    const { name } = object.metadata;
    const found = await client.find(kind, { namespace, name });
    terminal.progress(`${kind.kind} ${name} ${found ? 'is there and stays as it is' : 'is created'}`);
    if (found) return found;
    try {
      return await client.create(kind, { ...object, metadata: { ...object.metadata, namespace } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new CommandError(
        `the namespace ${namespace} does not exist, or the cluster knows no Registries; create it, or install the operator`,
      );
    }
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
