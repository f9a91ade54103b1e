// Usage: node embedded/src/manifest/main.ts [--check]    writes deploy/install.yaml, or says whether it is out of date
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clientsGroup } from '../binaries/build-groups.ts';
import { ensureBinaries } from '../binaries/build.ts';
import { run } from '../process/run.ts';
import { createProgress } from '../progress.ts';
import { installManifest } from './install-manifest.ts';

const repository = resolve(import.meta.dirname, '../../..');
const namespace = 'wharfinger-system';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const { helm } = await ensureBinaries(clientsGroup, createProgress());
  const chart = join(repository, 'charts/wharfinger');
  const rendered = await run(helm, ['template', 'wharfinger', chart, '--namespace', namespace], {
    timeoutMs: 60_000,
  });
  const text = installManifest(rendered, namespace);
  const file = join(repository, 'deploy/install.yaml');
  if (values.check) {
    if ((await readFile(file, 'utf8')) === text) return 0;
    process.stderr.write('deploy/install.yaml is out of date: run npm run manifest\n');
    return 1;
  }
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
