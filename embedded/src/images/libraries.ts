import { join } from 'node:path';
import { run } from '../process/run.ts';
import { debianComponent } from './components.ts';
import { copyContextFile, linkContextFile, writeContextFile } from './context-file.ts';
import { owningPackages, packageStatus } from './debian-packages.ts';
import { parseLdd } from './shared-libraries.ts';
import type { SharedLibrary } from './shared-libraries.ts';
import { type Component, spdxDocument } from './spdx.ts';
import { systemFiles, systemLinks } from './system-files.ts';

const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** The shared libraries that the programs and native modules `paths` are linked with, each once. */
export async function findLibraries(paths: readonly string[]): Promise<SharedLibrary[]> {
  const found = new Map<string, SharedLibrary>();
  for (const path of paths) {
    for (const library of parseLdd(await run('ldd', [path], { timeoutMs: 30_000 })))
      found.set(library.target, library);
  }
  return [...found.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
}

/** What decides the content of the libraries' layer, besides the files of `systemFiles`. */
export function libraryInputs(libraries: readonly SharedLibrary[]): string[] {
  return [...libraries.map((library) => library.source), certificates, '/usr/lib/os-release'];
}

/**
 * Writes into `directory` what the programs need of an operating system: the libraries, certificate authorities, users,
 * and, for each Debian package something came from, its copyright notes and its status paragraph.
 */
export async function writeLibraries(directory: string, libraries: readonly SharedLibrary[]): Promise<void> {
  for (const [path, content] of Object.entries(systemFiles)) await writeContextFile(directory, path, content);
  for (const [path, target] of Object.entries(systemLinks)) await linkContextFile(directory, path, target);
  for (const { source, target } of libraries) await copyContextFile(directory, target, source);
  await copyContextFile(directory, certificates, certificates);
  await copyContextFile(directory, 'usr/lib/os-release', '/usr/lib/os-release');
  await linkContextFile(directory, 'etc/os-release', '../usr/lib/os-release');
  const owned = libraries.map((library) => library.source);
  const components = await writePackageNotes(directory, [
    ...owned,
    '/usr/share/doc/ca-certificates/copyright',
  ]);
  // Apart from that of the application: another base image brings other libraries.
  const subject = { name: 'libraries', version: '1', licence: 'NOASSERTION' };
  const document = spdxDocument(subject, components);
  await writeContextFile(directory, 'usr/share/doc/wharfinger/libraries.spdx.json', document);
}

/**
 * Writes, for each Debian package that one of the files `paths` came from, its copyright notes and its status paragraph; gives these packages
 * for a bill of materials.
 */
export async function writePackageNotes(directory: string, paths: readonly string[]): Promise<Component[]> {
  if (paths.length === 0) return [];
  const components: Component[] = [];
  for (const name of await owningPackages(paths)) {
    const notes = join('/usr/share/doc', name, 'copyright');
    await copyContextFile(directory, notes, notes);
    const status = await packageStatus(name);
    await writeContextFile(directory, join('var/lib/dpkg/status.d', name), status);
    components.push(debianComponent(status));
  }
  return components;
}
