import { join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { words } from '../../support/command.ts';
import { fresh, type Client, type Room } from './client.ts';

export function crane(room: Room): Client {
  const { access } = room;
  const program = binaryPath('crane');
  const config = join(room.folder, 'crane');
  return {
    name: 'crane',
    env: (trusted) => ({
      DOCKER_CONFIG: config,
      ...(trusted && { SSL_CERT_FILE: join(room.certs, 'ca.crt') }),
    }),
    login: () => words`${program} auth login -u ${access.username} --password-stdin ${access.host}`,
    loginIsBlind: true,
    push: (reference) => [words`${program} push ${room.layout} ${reference}`],
    pull: (reference) => words`${program} pull --format oci ${reference} ${fresh(room, 'pulled')}`,
    pushMultiArch: (reference) => [words`${program} push --index ${room.flatLayout} ${reference}`],
    pullPlatform: (reference, architecture) =>
      words`${program} pull --platform linux/${architecture} --format oci ${reference} ${fresh(room, 'pulled')}`,
    tags: (repository) => words`${program} ls ${repository}`,
    remove: (reference) => words`${program} delete ${reference}`,
  };
}
