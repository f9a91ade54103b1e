import { describe, expect, it } from 'vitest';
import { readDocument } from './document.ts';
import { certificate, documentWith, nextCertificate } from './document-under-test.ts';
import { runtimeFiles } from './runtime-files.ts';

const folder = '/etc/containerd/certs.d/registry.example:5000';
const note = '# Kept by Wharfinger; delete or change the NodeTrust instead of this file: team';

describe('runtimeFiles', () => {
  it('tells containerd the CA of a host, both while it changes', () => {
    const files = runtimeFiles(documentWith({ certificates: [certificate, nextCertificate] }));
    expect(Object.fromEntries(files)).toEqual({
      [`${folder}/ca.crt`]: certificate + nextCertificate,
      [`${folder}/hosts.toml`]: [
        note,
        'server = "https://registry.example:5000"',
        `ca = "${folder}/ca.crt"`,
        '',
        '[host."https://registry.example:5000"]',
        `  ca = "${folder}/ca.crt"`,
        '',
      ].join('\n'),
    });
  });

  it('writes a host with the port of its scheme under both spellings', () => {
    const names = [...runtimeFiles(documentWith({ port: 443 })).keys()];
    const roots = ['registry.example', 'registry.example:443'].map(
      (name) => `/etc/containerd/certs.d/${name}`,
    );
    expect(names).toEqual(roots.flatMap((root) => [`${root}/ca.crt`, `${root}/hosts.toml`]));
    expect([...runtimeFiles(documentWith({ port: 80 })).keys()]).toHaveLength(2);
  });

  it('sends containerd to an address first', () => {
    const files = runtimeFiles(documentWith({ endpoint: { hostname: 'fd00::7', port: 443 } }));
    expect(files.get(`${folder}/hosts.toml`)?.match(/^\[host.*/gm)).toEqual([
      '[host."https://[fd00::7]:443"]',
      '[host."https://registry.example:5000"]',
    ]);
  });

  it('gives Docker and Podman the CA, and Podman what it needs without TLS', () => {
    const podman = {
      directory: '/etc/containers/certs.d',
      registriesDirectory: '/etc/containers/registries.conf.d',
    };
    const more = { containerd: { directories: [] }, docker: { directory: '/etc/docker/certs.d' }, podman };
    expect(Object.fromEntries(runtimeFiles(documentWith({}, more)))).toEqual({
      '/etc/docker/certs.d/registry.example:5000/ca.crt': certificate,
      '/etc/containers/certs.d/registry.example:5000/ca.crt': certificate,
    });
    const plain = { tls: false, certificates: [] };
    expect(Object.fromEntries(runtimeFiles(documentWith(plain, more)))).toEqual({
      '/etc/containers/registries.conf.d/wharfinger-team.conf': `${note}\n\n[[registry]]\nlocation = "registry.example:5000"\ninsecure = true\n`,
    });
    expect(runtimeFiles(documentWith(plain)).get(`${folder}/hosts.toml`)).toBe(
      `${note}\nserver = "http://registry.example:5000"\n\n[host."http://registry.example:5000"]\n`,
    );
  });
});

describe('readDocument', () => {
  it.each([
    ['a public registry', { hostname: 'eu.gcr.io' }],
    ['a wild default', { hostname: '_default' }],
    ['a way out', { hostname: '..' }],
    ['a key beside the certificate', { certificates: [`${certificate}-----BEGIN PRIVATE KEY-----\n`] }],
  ])('refuses %s, whoever wrote it', (_what, host) => {
    expect(() => readDocument(JSON.stringify(documentWith(host)))).toThrow(
      'the document is refused: hosts.0.',
    );
  });

  it('refuses a folder that leads elsewhere', () => {
    const text = JSON.stringify(documentWith({}, { docker: { directory: '/etc/../root' } }));
    expect(() => readDocument(text)).toThrow('docker.directory');
    expect(readDocument(JSON.stringify(documentWith({})))).toEqual(documentWith({}));
  });
});
