import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { NodeBinary } from './node-binary.ts';
import type { Component } from './spdx.ts';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
}

/** What SPDX calls an expression: identifiers, AND, OR, WITH and brackets. */
const expression = /^[A-Za-z0-9.+() -]+$/;

/** The npm packages in the folders, with the checksums of the lock file of `root`; one that the lock file does not know is an error. */
export async function npmComponents(root: string, folders: readonly string[]): Promise<Component[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  return Promise.all(
    folders.map(async (folder) => {
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
      const key = relative(root, folder);
      const locked = packages[key];
      if (locked === undefined) throw new Error(`package-lock.json has no ${key}: run npm ci`);
      return npmComponent(manifest, locked.integrity);
    }),
  );
}

/** A package by its own manifest; `integrity` as a lock file has it. */
export function npmComponent({ name, version, license }: Manifest, integrity?: string): Component {
  const [, base64] = /^sha512-(\S+)/.exec(integrity ?? '') ?? [];
  return {
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(typeof license === 'string' && expression.test(license) ? { licence: license } : {}),
    ...(base64 === undefined ? {} : { sha512: Buffer.from(base64, 'base64').toString('hex') }),
  };
}

/** The Node binary. */
export function nodeComponent({ version }: NodeBinary): Component {
  return { name: 'node', version, purl: `pkg:generic/node@${version}`, licence: 'MIT' };
}

/** A Debian package by its status paragraph. */
export function debianComponent(status: string): Component {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(status)?.[1] ?? '';
  const [name, version] = [field('Package'), field('Version')];
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${field('Architecture')}`;
  return { name, version, purl };
}
