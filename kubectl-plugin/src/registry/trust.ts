import { readFile } from 'node:fs/promises';
import { configMaps, objectNames, type ServedRegistry } from '@wharfinger/operator';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandError } from '../command-error.ts';

/** Which certificates are believed: those of `ca` (PEM), or what this machine's Node trusts without one. */
export interface Trust {
  readonly ca: string | undefined;
}

/** How the certificate of a Registry is verified; undefined when it serves plain HTTP. @throws CommandError */
export async function trustOf(
  { client, namespace }: Pick<Cluster, 'client' | 'namespace'>,
  { metadata, spec }: ServedRegistry,
  file: string | undefined,
): Promise<Trust | undefined> {
  // The API server stores no default for `tls`.
  const tls = spec.tls as ServedRegistry['spec']['tls'] | undefined;
  if (tls?.disabled) return undefined;
  if (file !== undefined) return { ca: await readFile(file, 'utf8') };
  const { ca: name } = objectNames(metadata.name);
  const ca = (await client.find(configMaps, { namespace, name }))?.data?.['ca.crt'];
  // A certificate of the user's own may be one that everybody trusts.
  if (ca === undefined && tls?.secretName === undefined && tls?.ca === undefined) {
    throw new CommandError(`ConfigMap ${name} with the CA of Registry ${metadata.name} is not there yet`);
  }
  return { ca };
}
