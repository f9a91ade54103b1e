// Usage: node embedded/src/images/main.ts [--context registry|operator DIRECTORY]
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createProgress } from '../progress.ts';
import { machineArchitecture } from './architecture.ts';
import { buildImages } from './build.ts';
import { prepareContext } from './context.ts';
import { imageDefinitions } from './image-definition.ts';
import { findImageInputs } from './image-inputs.ts';
import { repositoryRoot } from './repository.ts';

const usage = `Usage: npm run images                                        builds both images, prints name and archive of each
       npm run images -- --context registry|operator DIRECTORY   prepares a build context in an empty DIRECTORY\n`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { context: { type: 'string' } },
    allowPositionals: true,
  });
  if (values.context === undefined && positionals.length === 0) {
    const images = await buildImages(createProgress());
    for (const { reference, archive } of Object.values(images))
      process.stdout.write(`${reference} ${archive}\n`);
    return 0;
  }
  const [directory] = positionals;
  const definition =
    values.context === 'registry' || values.context === 'operator'
      ? imageDefinitions[values.context]
      : undefined;
  if (!definition || !directory || positionals.length !== 1) {
    process.stderr.write(usage);
    return 2;
  }
  await mkdir(directory, { recursive: true });
  await prepareContext(
    definition,
    await findImageInputs(repositoryRoot, machineArchitecture()),
    resolve(directory),
  );
  return 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
