import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { debianComponent, npmComponent, npmComponents } from './components.ts';
import { repositoryRoot } from './repository.ts';
import { spdxDocument } from './spdx.ts';

const integrity = `sha512-${createHash('sha512').update('x').digest('base64')}`;

it('names npm packages as scanners do, with the checksum of the lock file', () => {
  expect(npmComponent({ name: '@a/b', version: '1.2.3', license: 'MIT OR Apache-2.0' }, integrity)).toEqual({
    name: '@a/b',
    version: '1.2.3',
    purl: 'pkg:npm/%40a/b@1.2.3',
    licence: 'MIT OR Apache-2.0',
    sha512: createHash('sha512').update('x').digest('hex'),
  });
  expect(npmComponent({ name: 'c', version: '1', license: { type: 'MIT' } })).not.toHaveProperty('licence');
});

it('reads installed packages, and refuses one that the lock file does not have', async () => {
  const [zod] = await npmComponents(repositoryRoot, [`${repositoryRoot}/node_modules/zod`]);
  expect(zod).toMatchObject({ name: 'zod', licence: 'MIT' });
  expect(zod?.sha512).toMatch(/^[0-9a-f]{128}$/);
  const folder = await mkdtemp(join(tmpdir(), 'wharfinger-package-'));
  await writeFile(join(folder, 'package.json'), '{"name":"unknown","version":"1"}');
  await expect(npmComponents(repositoryRoot, [folder])).rejects.toThrow('package-lock.json has no');
  await rm(folder, { recursive: true });
});

it('reads the status paragraph of a Debian package', () => {
  const status = 'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2:36+x\n';
  expect(debianComponent(status)).toEqual({
    name: 'libc6',
    version: '2:36+x',
    purl: 'pkg:deb/debian/libc6@2%3A36%2Bx?arch=amd64',
  });
});

it('writes a document in which everything hangs together, equal for equal contents', () => {
  const subject = { name: 'registry', version: '1.0.0', licence: 'Apache-2.0' };
  const components = [npmComponent({ name: 'a', version: '1' }), npmComponent({ name: 'b', version: '2' })];
  const text = spdxDocument(subject, components);
  expect(spdxDocument(subject, components)).toBe(text);
  const document = JSON.parse(text) as {
    documentNamespace: string;
    packages: { SPDXID: string; name: string }[];
    relationships: { spdxElementId: string; relatedSpdxElement: string }[];
  };
  expect(document.packages.map(({ name }) => name)).toEqual(['registry', 'a', 'b']);
  const ids = new Set(['SPDXRef-DOCUMENT', ...document.packages.map(({ SPDXID }) => SPDXID)]);
  expect(ids.size).toBe(4);
  expect(document.relationships).toHaveLength(3);
  for (const { spdxElementId, relatedSpdxElement } of document.relationships)
    expect(ids.has(spdxElementId) && ids.has(relatedSpdxElement)).toBe(true);
  const other = JSON.parse(spdxDocument(subject, components.slice(1))) as typeof document;
  expect(other.documentNamespace).not.toBe(document.documentNamespace);
});
