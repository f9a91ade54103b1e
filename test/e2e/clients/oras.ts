import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { words } from '../../support/command.ts';
import { fresh, type Client, type Room } from './client.ts';

export function oras(room: Room): Client {
  const { access } = room;
  const program = binaryPath('oras');
  const ca = join(room.certs, 'ca.crt');
  const config = join(room.folder, 'oras.json');
  const options = words`--ca-file ${ca} --registry-config ${config}`;
  const target = words`--to-ca-file ${ca} --to-registry-config ${config}`;
  const source = words`--from-ca-file ${ca} --from-registry-config ${config}`;
  const push = (layout: string, reference: string, to: readonly string[]): string[] =>
    words`${program} cp --from-oci-layout ${layout}@${onlyDigest(layout)} ${to} ${reference}`;
  return {
    name: 'oras',
    env: () => ({}),
    login: () => words`${program} login -u ${access.username} --password-stdin ${options} ${access.host}`,
    push: (reference, trusted) => [
      push(room.layout, reference, trusted ? target : words`--to-registry-config ${config}`),
    ],
    pull: (reference) =>
      words`${program} cp ${source} --to-oci-layout ${reference} ${fresh(room, 'pulled')}:it`,
    pushMultiArch: (reference) => [push(room.multiArchLayout, reference, target)],
    pullPlatform: (reference, architecture) =>
      words`${program} cp --platform linux/${architecture} ${source} --to-oci-layout ${reference} ${fresh(room, 'pulled')}:it`,
    tags: (repository) => words`${program} repo tags ${options} ${repository}`,
    remove: (reference) => words`${program} manifest delete --force ${options} ${reference}`,
  };
}

/** The digest of the one entry of a layout. */
function onlyDigest(layout: string): string {
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  return manifests[0]?.digest ?? '';
}
