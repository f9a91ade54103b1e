import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { nodeComponent, npmComponents } from './components.ts';
import { copyContextFile, linkContextFile, normalizeModes, writeContextFile } from './context-file.ts';
import type { ImageDefinition } from './image-definition.ts';
import type { ImageInputs } from './image-inputs.ts';
import { writeLibraries, writePackageNotes } from './libraries.ts';
import { bundledPackages, licenceNotes } from './licences.ts';
import { copyPackages } from './native-packages.ts';
import { projectVersion } from './project-version.ts';
import { spdxDocument } from './spdx.ts';

/**
 * Prepares in `directory`, which must be empty, the build context of an image's Containerfile:
 * `libraries` (or `none` beside a base image that has them), `node`, `app` and `data`.
 */
export async function prepareContext(
  definition: ImageDefinition,
  inputs: ImageInputs,
  directory: string,
): Promise<void> {
  for (const empty of ['none', 'data']) await mkdir(join(directory, empty));
  await writeLibraries(join(directory, 'libraries'), inputs.libraries);
  await copyContextFile(join(directory, 'node'), 'usr/bin/node', inputs.node.path);
  await prepareApplication(definition, inputs, join(directory, 'app'));
  await copyFile(join(inputs.root, definition.workspace, 'Containerfile'), join(directory, 'Containerfile'));
  await normalizeModes(directory);
  await mkdir(join(directory, 'libraries', 'tmp'));
  await chmod(join(directory, 'libraries', 'tmp'), 0o1777);
}

async function prepareApplication(
  definition: ImageDefinition,
  { root, packages, node }: ImageInputs,
  directory: string,
): Promise<void> {
  const home = join('usr/lib/wharfinger', definition.name);
  await mkdir(join(directory, home), { recursive: true });
  const { commands, programs } = definition;
  const bundled = await bundle({ root, commands, programs, directory: join(directory, home) });
  await copyPackages(join(directory, home), packages);
  await writeContextFile(directory, join(home, 'package.json'), '{"type":"module"}\n');
  const folders = bundledPackages(bundled);
  const notes = join('usr/share/doc/wharfinger', definition.name);
  await writeContextFile(directory, `${notes}-licences`, await licenceNotes(folders));
  const shipped = [...new Set([...folders, ...packages.map((one) => one.directory)])].sort();
  const subject = { name: definition.name, version: projectVersion(root), licence: 'Apache-2.0' };
  for (const program of definition.systemPrograms) await copyContextFile(directory, program, program);
  const debian = await writePackageNotes(directory, definition.systemPrograms);
  const components = [nodeComponent(node), ...(await npmComponents(root, shipped)), ...debian];
  await writeContextFile(directory, `${notes}.spdx.json`, spdxDocument(subject, components));
  for (const command of Object.keys(commands)) {
    await linkContextFile(directory, join('usr/bin', command), join('../..', home, `${command}.js`));
  }
  for (const [path, source] of Object.entries(definition.files)) {
    await copyContextFile(directory, path, join(root, source));
  }
}
