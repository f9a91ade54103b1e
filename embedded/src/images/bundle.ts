import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { nativePackages } from './image-definition.ts';

export interface BundleOptions {
  /** Where relative entries start. */
  readonly root: string;
  /** Command -> TypeScript entry. */
  readonly commands: Readonly<Record<string, string>>;
  /** Program that a command starts from beside itself -> TypeScript entry. */
  readonly programs: Readonly<Record<string, string>>;
  /** An empty folder; gets NAME.js for each command and program, and what they share. */
  readonly directory: string;
  /** What the kernel starts a command with; `/usr/bin/node` without it. */
  readonly interpreter?: string;
}

/**
 * Bundles each entry into an ES module. Commands are executable files that the kernel starts with Node: no shell is needed.
 * @returns the files that went in, by their absolute paths
 */
export async function bundle(options: BundleOptions): Promise<string[]> {
  const { root, commands, programs, directory, interpreter = '/usr/bin/node' } = options;
  const build = await rolldown({
    cwd: root,
    input: { ...commands, ...programs },
    platform: 'node',
    external: nativePackages.map((name) => new RegExp(`^${name}($|/)`)),
    logLevel: 'warn',
  });
  const { output } = await build.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].js',
    // In the same folder, because a command finds its programs beside the file that looks for them.
    chunkFileNames: '[name]-[hash].js',
  });
  await build.close();
  for (const command of Object.keys(commands)) {
    await makeExecutable(join(directory, `${command}.js`), interpreter);
  }
  const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  return modules.filter((id) => id.startsWith('/'));
}

async function makeExecutable(file: string, interpreter: string): Promise<void> {
  const code = (await readFile(file, 'utf8')).replace(/^#!.*\n/, '');
  await writeFile(file, `#!${interpreter}\n${code}`);
  await chmod(file, 0o755);
}
