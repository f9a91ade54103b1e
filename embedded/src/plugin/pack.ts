import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../images/bundle.ts';
import { bundledPackages, licenceNotes } from '../images/licences.ts';
import { repositoryRoot as root } from '../images/repository.ts';
import { run } from '../process/run.ts';

/** The kubectl plugin as users get it. */
export interface PackedPlugin {
  /** The program, one file that needs Node and nothing else. */
  readonly program: string;
  /** The npm package with the program in it. */
  readonly archive: string;
}

const workspace = 'kubectl-plugin';
const command = 'kubectl-registry';

/**
 * Packs the kubectl plugin into `directory`, whose content goes: a package without dependencies, because all that the plugin imports is
 * bundled.
 */
export async function packPlugin(directory: string): Promise<PackedPlugin> {
  const content = join(directory, 'package');
  await rm(directory, { recursive: true, force: true });
  await mkdir(content, { recursive: true });
  const bundled = await bundle({
    root,
    commands: { [command]: `${workspace}/src/main.ts` },
    programs: {},
    directory: content,
    interpreter: '/usr/bin/env node',
  });
  await writeFile(join(content, 'package.json'), await manifestOf());
  await writeFile(join(content, 'THIRD-PARTY-LICENCES'), await licenceNotes(bundledPackages(bundled)));
  await copyFile(join(root, 'LICENSE'), join(content, 'LICENSE'));
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', directory, content], {
    timeoutMs: 60_000,
  });
  return { program: join(content, `${command}.js`), archive: join(directory, packed.trim()) };
}

/** The workspace's own, with the bundle in the place of the sources and without what is in it. */
async function manifestOf(): Promise<string> {
  const own = JSON.parse(await readFile(join(root, workspace, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const { private: _private, dependencies: _dependencies, ...kept } = own;
  return `${JSON.stringify({ ...kept, bin: { [command]: `${command}.js` } }, null, 2)}\n`;
}
