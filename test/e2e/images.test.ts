import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describeImages } from '@wharfinger/embedded/images';
import { expect, test } from 'vitest';
import { must } from '../support/command.ts';

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

test('B38: the same sources give the same image, built again from nothing', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'wharfinger-images-'));
  try {
    const images = Object.values(await describeImages());
    await must(['node', 'embedded/src/images/main.ts'], {
      env: { WHARFINGER_CACHE: cache },
      timeoutMs: 170_000,
    });
    const built = await readdir(join(cache, 'images'));
    for (const { archive } of images) {
      expect(built).toContain(basename(archive));
      expect(await sha256(join(cache, 'images', basename(archive)))).toBe(await sha256(archive));
    }
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});

interface ImageConfig {
  readonly config: {
    readonly User: string;
    readonly Entrypoint: string[];
    readonly Labels: Record<string, string>;
  };
}

test('B38: the images are non-root, labelled and hold no shell', async () => {
  for (const { name, archive } of Object.values(await describeImages())) {
    const inspected = await must(['skopeo', 'inspect', '--config', `docker-archive:${archive}`]);
    const { config } = JSON.parse(inspected) as ImageConfig;
    expect(config.User).toMatch(/^65532/);
    expect(config.Labels['org.opencontainers.image.title'], name).toBeTruthy();
    expect(config.Labels['org.opencontainers.image.version'], name).toBeTruthy();
    const folder = mkdtempSync(join(tmpdir(), 'wharfinger-layers-'));
    await must(['skopeo', 'copy', `docker-archive:${archive}`, `dir:${folder}`]);
    const files = await readdir(folder);
    const listings = await Promise.all(
      files
        .filter((file) => /^[0-9a-f]{64}$/.test(file))
        .map((file) => must(['sh', '-c', 'tar -tf "$0" 2>/dev/null || true', join(folder, file)])),
    );
    rmSync(folder, { recursive: true, force: true });
    const paths = listings.join('').split('\n');
    expect(
      paths.some((path) => path.endsWith('bin/node')),
      name,
    ).toBe(true);
    expect(paths.filter((path) => /(^|\/)(sh|bash|dash|busybox)$/.test(path))).toEqual([]);
  }
});

interface Spdx {
  readonly packages: {
    readonly name: string;
    readonly versionInfo: string;
    readonly licenseDeclared: string;
    readonly externalRefs?: { readonly referenceLocator: string }[];
  }[];
}

/** The files of an image, unpacked into `folder`. */
async function unpack(archive: string, folder: string): Promise<void> {
  const layers = join(folder, 'layers');
  const root = join(folder, 'root');
  mkdirSync(root);
  await must(['skopeo', 'copy', '--quiet', `docker-archive:${archive}`, `dir:${layers}`]);
  const { layers: list } = JSON.parse(readFileSync(join(layers, 'manifest.json'), 'utf8')) as {
    layers: { digest: string }[];
  };
  for (const { digest } of list) {
    const file = join(layers, digest.replace('sha256:', ''));
    await must(['tar', '--extract', '--file', file, '--directory', root, '--no-same-owner']);
  }
}

/** The npm packages whose code a bundle holds: the bundler names each source before its code. */
async function bundledIn(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.js'));
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  const regions = text.matchAll(/^\/\/ (?:\S*\/)?node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S+$/gm);
  return [...new Set([...regions].map(([, name = '']) => name))];
}

test('the bills of materials and the labels of the images are true', async () => {
  const project = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string; license: string };
  for (const { name, reference, archive } of Object.values(await describeImages())) {
    const folder = mkdtempSync(join(tmpdir(), 'wharfinger-sbom-'));
    try {
      await unpack(archive, folder);
      const root = join(folder, 'root');
      const inspected = await must(['skopeo', 'inspect', '--config', `docker-archive:${archive}`]);
      const { Labels: labels } = (JSON.parse(inspected) as ImageConfig).config;
      expect(labels['org.opencontainers.image.version']).toBe(project.version);
      expect(labels['org.opencontainers.image.licenses']).toBe(project.license);
      expect(reference.endsWith(`-${labels['dev.wharfinger.image.inputs']}`)).toBe(true);

      const read = (path: string): Spdx => JSON.parse(readFileSync(join(root, path), 'utf8')) as Spdx;
      const { packages } = read(labels['dev.wharfinger.image.sbom'] ?? '');
      const [subject, node, ...others] = packages;
      const isDebian = (one: (typeof packages)[number]): boolean =>
        one.externalRefs?.some(({ referenceLocator }) => referenceLocator.startsWith('pkg:deb/')) === true;
      const npm = others.filter((one) => !isDebian(one));
      const programs = others.filter(isDebian);
      // The operator runs commands of a node in the node's root folder.
      expect(programs.map((one) => one.name)).toEqual(name === 'operator' ? ['coreutils'] : []);
      expect(subject).toMatchObject({ name, versionInfo: project.version, licenseDeclared: project.license });
      const version = await must([join(root, 'usr/bin/node'), '--version']);
      expect(`v${node?.versionInfo}`).toBe(version.trim());
      const home = join(root, 'usr/lib/wharfinger', name);
      const native = await readdir(join(home, 'node_modules/@node-rs'));
      const shipped = [...(await bundledIn(home)), ...native.map((one) => `@node-rs/${one}`)];
      expect(shipped.length).toBeGreaterThan(5);
      const named = new Set(npm.map((one) => one.name));
      expect(shipped.filter((one) => !named.has(one))).toEqual([]);
      // Beyond that, packages of which the bundler took no more than what they pass on.
      expect([...named.difference(new Set(shipped))].length).toBeLessThan(5);
      for (const one of npm) {
        const installed = JSON.parse(readFileSync(`node_modules/${one.name}/package.json`, 'utf8')) as {
          version: string;
        };
        const versions = npm.filter((other) => other.name === one.name).map((other) => other.versionInfo);
        expect(versions, one.name).toContain(installed.version);
      }

      const libraries = read('/usr/share/doc/wharfinger/libraries.spdx.json').packages.slice(1);
      const debian = [...libraries, ...programs];
      const status = join(root, 'var/lib/dpkg/status.d');
      expect(debian.map((one) => one.name).sort()).toEqual((await readdir(status)).sort());
      for (const one of debian)
        expect(readFileSync(join(status, one.name), 'utf8')).toContain(`\nVersion: ${one.versionInfo}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});
