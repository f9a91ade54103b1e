import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { nativePackages } from './image-definition.ts';
import { sourceUrls } from './source-urls.ts';

export interface BundleOptions {
  /** Where relative entries start. */
  readonly root: string;
  /** Command -> TypeScript entry. */
  readonly commands: Readonly<Record<string, string>>;
  /** Program that a command starts -> TypeScript entry. */
  readonly programs: Readonly<Record<string, string>>;
  /** An empty folder; gets NAME.js for each command and program, and what they share. */
  readonly directory: string;
}

const sourceLiteral = /['"]\.{1,2}\/[\w./-]+(?<!\.d)\.ts['"]/;

/**
 * Bundles each command into an executable ES module that the kernel starts with `/usr/bin/node`: no shell is needed.
 * @returns the files that went in, by their absolute paths
 * @throws when a bundle still refers to a TypeScript file, which would not exist in the image
 */
export async function bundle({ root, commands, programs, directory }: BundleOptions): Promise<string[]> {
  const build = await rolldown({
    cwd: root,
    input: { ...commands, ...programs },
    platform: 'node',
    external: nativePackages.map((name) => new RegExp(`^${name}($|/)`)),
    plugins: [sourceUrls()],
    logLevel: 'warn',
  });
  const { output } = await build.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await build.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  for (const chunk of chunks) {
    const left = sourceLiteral.exec(chunk.code)?.[0];
    if (left)
      throw new Error(
        `${chunk.fileName} still refers to ${left}: write it as new URL(${left}, import.meta.url).`,
      );
  }
  for (const command of Object.keys(commands)) await makeExecutable(join(directory, `${command}.js`));
  return chunks.flatMap((chunk) => chunk.moduleIds).filter((id) => id.startsWith('/'));
}

async function makeExecutable(file: string): Promise<void> {
  const code = (await readFile(file, 'utf8')).replace(/^#!.*\n/, '');
  await writeFile(file, `#!/usr/bin/node\n${code}`);
  await chmod(file, 0o755);
}
