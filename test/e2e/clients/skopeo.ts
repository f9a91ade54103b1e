import { join } from 'node:path';
import { words } from '../../support/command.ts';
import { fresh, type Client, type Room } from './client.ts';

export function skopeo(room: Room): Client {
  const { access, certs } = room;
  const authFile = join(room.folder, 'skopeo.json');
  return {
    name: 'skopeo',
    env: () => ({ REGISTRY_AUTH_FILE: authFile }),
    login: () =>
      words`skopeo login --cert-dir ${certs} -u ${access.username} --password-stdin ${access.host}`,
    push: (reference, trusted) => {
      const directory = trusted ? certs : fresh(room, 'nocerts');
      return [words`skopeo copy --dest-cert-dir ${directory} oci:${room.layout} docker://${reference}`];
    },
    pull: (reference) =>
      words`skopeo copy --src-cert-dir ${certs} docker://${reference} oci:${fresh(room, 'pulled')}`,
    pushMultiArch: (reference) => [
      words`skopeo copy --all --dest-cert-dir ${certs} oci:${room.multiArchLayout} docker://${reference}`,
    ],
    pullPlatform: (reference, architecture) =>
      words`skopeo copy --override-arch ${architecture} --src-cert-dir ${certs} docker://${reference} oci:${fresh(room, 'pulled')}`,
    tags: (repository) => words`skopeo list-tags --cert-dir ${certs} docker://${repository}`,
    remove: (reference) => words`skopeo delete --cert-dir ${certs} docker://${reference}`,
  };
}
