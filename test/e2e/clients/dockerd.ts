import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, words } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';

/** Debian's, whatever else is called `docker` on this machine. */
export const dockerProgram = '/usr/bin/docker';

export interface Dockerd {
  /** For `docker -H`. */
  readonly host: string;
  stop(): Promise<void>;
}

/** A Docker daemon of its own, without a network; `caFile` holds what it trusts in place of the machine's authorities. */
export async function startDockerd(caFile?: string): Promise<Dockerd> {
  const folder = mkdtempSync(join(tmpdir(), 'wharfinger-dockerd-'));
  const host = `unix://${folder}/docker.sock`;
  const log = join(folder, 'log');
  const daemon = spawn(
    '/usr/sbin/dockerd',
    [
      ...words`--data-root ${folder}/data --exec-root ${folder}/exec -H ${host} -p ${folder}/pid`,
      ...words`--iptables=false --bridge=none --ip-forward=false --ip-masq=false`,
      // Overlay mounts may not lie on what the machine's root is.
      ...words`--storage-driver vfs`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...(caFile && { SSL_CERT_FILE: caFile }) } },
  );
  const output = createWriteStream(log);
  daemon.stdout.pipe(output, { end: false });
  daemon.stderr.pipe(output, { end: false });
  await eventually(`dockerd on ${host}`, async () => {
    if (daemon.exitCode !== null) throw new Error(readFileSync(log, 'utf8').slice(-2000));
    await must([dockerProgram, '-H', host, 'version']);
    return true;
  });
  return {
    host,
    async stop() {
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      await ended;
      output.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
