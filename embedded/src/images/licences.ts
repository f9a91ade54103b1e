import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The installed packages that the bundled files `paths` belong to, as folders, sorted, each once. */
export function bundledPackages(paths: readonly string[]): string[] {
  const folders = paths.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

/** The licences of the npm packages in `folders`, one text after the other. */
export async function licenceNotes(folders: readonly string[]): Promise<string> {
  const notes: string[] = [];
  for (const folder of folders) {
    const manifest = await readFile(join(folder, 'package.json'), 'utf8');
    const { name, version, license } = JSON.parse(manifest) as Record<string, unknown>;
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    notes.push([`${String(name)} ${String(version)} (${String(license)})`, ...texts].join('\n\n'));
  }
  return notes.join(`\n\n${'-'.repeat(80)}\n\n`);
}
