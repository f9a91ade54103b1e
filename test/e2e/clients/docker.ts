import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { must, words } from '../../support/command.ts';
import { randomLayer } from '../../support/image.ts';
import type { Client, Room } from './client.ts';
import { dockerProgram, startDockerd } from './dockerd.ts';

/** Docker's own client and daemon. It has no command that lists the tags of a registry or deletes from one. */
export function docker(room: Room): Client {
  const { access, certs } = room;
  const ca = join(certs, 'ca.crt');
  const archives: Record<string, string> = {
    amd64: join(room.folder, 'amd64.tar'),
    arm64: join(room.folder, 'arm64.tar'),
  };
  let trusting: string[] = [];
  let doubting: string[] = [];

  async function importImages(base: readonly string[]): Promise<void> {
    for (const [architecture, archive] of Object.entries(archives)) {
      await must([
        ...base,
        ...words`import --platform linux/${architecture} ${archive} local:${architecture}`,
      ]);
    }
  }

  return {
    name: 'docker',
    async begin() {
      for (const archive of Object.values(archives))
        writeFileSync(archive, gunzipSync(randomLayer().content));
      const daemons = [await startDockerd(ca), await startDockerd()];
      const stop = async (): Promise<void> => {
        for (const daemon of daemons) await daemon.stop();
      };
      [trusting = [], doubting = []] = daemons.map(({ host }) => [dockerProgram, '-H', host]);
      try {
        await importImages(trusting);
        await importImages(doubting);
      } catch (error) {
        await stop();
        throw error;
      }
      return stop;
    },
    env: (trusted) => ({
      DOCKER_CONFIG: join(room.folder, 'docker'),
      ...(trusted && { SSL_CERT_FILE: ca }),
    }),
    login: () => [...trusting, ...words`login -u ${access.username} --password-stdin ${access.host}`],
    push: (reference, trusted) => {
      const base = trusted ? trusting : doubting;
      return [
        [...base, ...words`tag local:amd64 ${reference}`],
        [...base, ...words`push ${reference}`],
      ];
    },
    pull: (reference) => [...trusting, ...words`pull ${reference}`],
    pushMultiArch: (reference) => {
      const platforms = Object.keys(archives).map((architecture) => `${reference}-${architecture}`);
      return [
        ...Object.keys(archives).flatMap((architecture) => [
          [...trusting, ...words`tag local:${architecture} ${reference}-${architecture}`],
          [...trusting, ...words`push ${reference}-${architecture}`],
        ]),
        [...trusting, ...words`manifest create ${reference} ${platforms}`],
        // This version's `import --platform` leaves the architecture of the machine in the config.
        [...trusting, ...words`manifest annotate --arch arm64 ${reference} ${reference}-arm64`],
        [...trusting, ...words`manifest push ${reference}`],
      ];
    },
    pullPlatform: (reference, architecture) => [
      ...trusting,
      ...words`pull --platform linux/${architecture} ${reference}`,
    ],
  };
}
