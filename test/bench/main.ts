import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { must } from '../support/command.ts';
import { image, randomLayer } from '../support/image.ts';
import { preparePeers } from '../support/machine.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { startServer, type Server, type ServerKind } from '../support/server.ts';
import { selfSigned } from './certificates.ts';
import { benchCollections } from './gc/collections.ts';
import { bigBlob, downloadRate, requestsPerSecond, uploadRate, type BigBlob } from './loads.ts';
import { table, type Work } from './report.ts';

/**
 * `npm run bench [-- serve|gc] [--rounds N] [--scales 1,10] [--folder DIRECTORY]`: ours beside distribution 2.8.2 and v3 on the
 * filesystem, all in one run: serving over TLS, and garbage collections (of stores of so many thousand repositories). In each round
 * every registry does the work once, in turn; a ratio is taken within its round.
 */
const kinds: readonly ServerKind[] = ['wharfinger', 'distribution 2.8.2', 'distribution v3'];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    scales: { type: 'string', default: '1,10' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const rounds = Number(values.rounds);
const manifest = '/v2/app/manifests/v1';

type Measure = (server: Server) => Promise<number>;

async function compare(
  name: string,
  unit: string,
  servers: readonly Server[],
  measure: Measure,
): Promise<Work> {
  const figures = new Map<ServerKind, number[]>(servers.map(({ kind }) => [kind, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const server of servers) {
      const figure = await measure(server);
      figures.get(server.kind)?.push(figure);
      process.stderr.write(`${name}, round ${round + 1}, ${server.kind}: ${figure.toFixed(1)} ${unit}\n`);
    }
  }
  return { name, unit, figures };
}

async function withServers<T>(
  folder: string,
  settings: { htpasswd?: string },
  work: (servers: readonly Server[]) => Promise<T>,
): Promise<T> {
  const tls = await selfSigned(folder);
  const servers: Server[] = [];
  try {
    for (const kind of kinds) {
      const root = join(folder, kind.replaceAll(' ', '-'));
      servers.push(await startServer({ kind, root, tls, workers: 2, ...settings }));
    }
    const one = image([randomLayer()]);
    for (const server of servers) {
      const ca = readFileSync(tls.certificate, 'utf8');
      const client = new RegistryClient({
        host: `127.0.0.1:${server.port}`,
        ca,
        username: 'u',
        password: 'p',
      });
      await client.push('app', 'v1', one);
      client.close();
    }
    return await work(servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function blobs(folder: string, servers: readonly Server[]): Promise<Work[]> {
  const first: BigBlob = await bigBlob(folder);
  for (const server of servers) await uploadRate(server, 'big', first);
  const get = await compare('blob GET, 256 MiB', 'MB/s', servers, (server) =>
    downloadRate(server, 'big', first.digest),
  );
  const push = await compare('blob push, 256 MiB', 'MB/s', servers, async (server) => {
    const blob = await bigBlob(folder);
    const rate = await uploadRate(server, 'big', blob);
    rmSync(blob.file);
    return rate;
  });
  return [get, push];
}

async function withHtpasswd(folder: string, cost: number): Promise<Work> {
  const file = join(folder, `htpasswd-${cost}`);
  writeFileSync(file, await must(['htpasswd', '-iBn', '-C', String(cost), 'u'], { input: 'p' }));
  const authorization = `Basic ${Buffer.from('u:p').toString('base64')}`;
  return withServers(join(folder), { htpasswd: file }, (servers) =>
    compare(`manifest GET, htpasswd cost ${cost}`, 'requests/s', servers, (server) =>
      requestsPerSecond(server, manifest, { seconds: 5, authorization }),
    ),
  );
}

async function serving(folder: string): Promise<Work[]> {
  const works = await withServers(folder, {}, async (servers) => [
    await compare('manifest GET, no auth', 'requests/s', servers, (server) =>
      requestsPerSecond(server, manifest, { seconds: 5 }),
    ),
    ...(await blobs(folder, servers)),
  ]);
  works.splice(1, 0, await withHtpasswd(folder, 5), await withHtpasswd(folder, 10));
  return works;
}

async function main(): Promise<void> {
  await preparePeers();
  const folder = mkdtempSync(join(values.folder, 'wharfinger-bench-'));
  const isWanted = (part: string): boolean => positionals.length === 0 || positionals.includes(part);
  try {
    const works: Work[] = [];
    if (isWanted('serve')) works.push(...(await serving(folder)));
    const scales = values.scales.split(',').map(Number);
    if (isWanted('gc')) works.push(...(await benchCollections({ folder, kinds, rounds, scales })));
    process.stdout.write(`${table(works, kinds.slice(1))}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
