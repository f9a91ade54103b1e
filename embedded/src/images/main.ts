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

interface Arguments {
  readonly context?: string;
  readonly directories: readonly string[];
}

async function main(args: readonly string[]): Promise<number> {
  const { context, directories } = readArguments(args);
  if (context === undefined && directories.length === 0) {
    const images = await buildImages(createProgress());
    for (const { reference, archive } of Object.values(images))
      process.stdout.write(`${reference} ${archive}\n`);
    return 0;
  }
  const [directory, ...more] = directories;
  if ((context !== 'registry' && context !== 'operator') || directory === undefined || more.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  await mkdir(directory, { recursive: true });
  const inputs = await findImageInputs(repositoryRoot, machineArchitecture());
  await prepareContext(imageDefinitions[context], inputs, resolve(directory));
  return 0;
}

/** Arguments that cannot be read are answered like ones that mean nothing: with the usage. */
function readArguments(args: readonly string[]): Arguments {
  try {
    const options = { context: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { context: values.context, directories: positionals };
  } catch {
    return { context: '', directories: [] };
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
