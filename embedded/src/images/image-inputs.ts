import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import type { ImageDefinition } from './image-definition.ts';
import { findLibraries, libraryInputs } from './libraries.ts';
import { findNativeModules, findNativePackages } from './native-packages.ts';
import type { InstalledPackage } from './native-packages.ts';
import { findNodeBinary } from './node-binary.ts';
import type { NodeBinary } from './node-binary.ts';
import type { SharedLibrary } from './shared-libraries.ts';
import { systemFiles, systemLinks } from './system-files.ts';

/** What the images are made of, besides the project's own code. */
export interface ImageInputs {
  /** The repository's root. */
  readonly root: string;
  readonly architecture: Architecture;
  readonly node: NodeBinary;
  readonly packages: readonly InstalledPackage[];
  readonly libraries: readonly SharedLibrary[];
}

/** Finds what is needed on this machine. */
export async function findImageInputs(root: string, architecture: Architecture): Promise<ImageInputs> {
  const node = findNodeBinary(root, architecture);
  const packages = findNativePackages(root, architecture);
  const libraries = await findLibraries([node.path, ...(await findNativeModules(packages))]);
  return { root, architecture, node, packages, libraries };
}

/**
 * A digest of all that decides an image's content: equal inputs give equal images. Dependencies count by the lock file,
 * Node by its version.
 * @returns 12 hexadecimal digits
 */
export async function inputsDigest(definition: ImageDefinition, inputs: ImageInputs): Promise<string> {
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([definition, inputs.architecture, inputs.node.version, systemFiles, systemLinks]),
  );
  const builder = await sourceFiles(inputs.root, ['embedded/src/images']);
  const own = await sourceFiles(inputs.root, definition.sources);
  const files = [...builder, ...own, 'package-lock.json'].map((path) => join(inputs.root, path));
  for (const path of [...files, ...libraryInputs(inputs.libraries), ...definition.systemPrograms]) {
    const content = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    hash.update(`${path.replace(inputs.root, '')}\0${content}\0`);
  }
  return hash.digest('hex').slice(0, 12);
}

async function sourceFiles(root: string, sources: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const source of sources) {
    const pattern = /\.\w+$/.test(source) ? source : `${source}/**/*.*`;
    for await (const path of glob([pattern, `${source}/**/Containerfile`], {
      cwd: root,
      exclude: ['**/node_modules'],
    })) {
      if (!path.endsWith('.test.ts')) found.push(path);
    }
  }
  return [...new Set(found)].sort();
}
