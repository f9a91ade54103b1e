import { join } from 'node:path';
import { must, words } from '../../support/command.ts';
import { fresh, type Client, type Room } from './client.ts';

/** podman and buildah: the same store of images, nearly the same words. */
export function containersStorage(room: Room, program: 'podman' | 'buildah'): Client {
  const { access, certs } = room;
  const authFile = join(room.folder, `${program}.json`);
  // podman wants a runroot of at most 50 characters.
  const run = join(room.folder, `${program}-run`);
  const base = words`${program} --root ${room.folder}/${program} --runroot ${run} --storage-driver vfs`;
  let imageId = '';
  let list = 0;
  return {
    name: program,
    async begin() {
      const pulled = await must([...base, ...words`pull --quiet oci:${room.layout}`]);
      imageId = pulled.trim().split('\n').at(-1) ?? '';
      return async () => {};
    },
    env: (trusted) => ({
      REGISTRY_AUTH_FILE: authFile,
      // `podman search` knows no --cert-dir.
      ...(trusted && { SSL_CERT_FILE: join(certs, 'ca.crt') }),
    }),
    login: () => [
      ...base,
      ...words`login --cert-dir ${certs} -u ${access.username} --password-stdin ${access.host}`,
    ],
    push: (reference, trusted) => {
      const directory = trusted ? certs : fresh(room, 'nocerts');
      return [[...base, ...words`push --cert-dir ${directory} ${imageId} docker://${reference}`]];
    },
    pull: (reference) => [...base, ...words`pull --cert-dir ${certs} ${reference}`],
    pushMultiArch: (reference) => {
      const name = `list-${list++}`;
      return [
        [...base, ...words`manifest create ${name}`],
        [...base, ...words`manifest add --all ${name} oci:${room.multiArchLayout}`],
        [...base, ...words`manifest push --all --cert-dir ${certs} ${name} docker://${reference}`],
      ];
    },
    pullPlatform: (reference, architecture) => [
      ...base,
      ...words`pull --arch ${architecture} --cert-dir ${certs} ${reference}`,
    ],
    ...(program === 'podman' && {
      tags: (repository: string) => [...base, ...words`search --list-tags ${repository}`],
    }),
  };
}
