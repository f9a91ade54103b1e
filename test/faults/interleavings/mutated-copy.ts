import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Mutant } from './mutants.ts';
import { sourceDirectory } from './subject.ts';

/** Works with a copy of the registry's source that a mutant was made of. @throws Error when a patch does not fit exactly once */
export async function withMutant<T>(
  { name, patches }: Pick<Mutant, 'name' | 'patches'>,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'interleavings-'));
  const abandon = (): void => rmSync(root, { recursive: true, force: true });
  process.once('exit', abandon);
  try {
    const directory = join(root, 'src');
    const isSource = (path: string): boolean => !/\.(test|fixture)\.ts$/.test(path);
    await cp(sourceDirectory, directory, { recursive: true, filter: isSource });
    await cp(join(dirname(sourceDirectory), 'package.json'), join(root, 'package.json'));
    await symlink(resolve('node_modules'), join(root, 'node_modules'));
    for (const [file, search, replace] of patches) {
      const path = join(directory, file);
      const source = await readFile(path, 'utf8');
      const found = source.split(search).length - 1;
      if (found !== 1) throw new Error(`${name}: the patch of ${file} fits ${found} times, not once`);
      await writeFile(
        path,
        source.replace(search, () => replace),
      );
    }
    return await work(directory);
  } finally {
    process.off('exit', abandon);
    await rm(root, { recursive: true });
  }
}
