import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
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
