import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { converge } from './converge.ts';
import { certificate, documentWith, nextCertificate } from './document-under-test.ts';

const certs = '/etc/containerd/certs.d';
const folder = `${certs}/registry.example:5000`;
const record = '/var/lib/wharfinger/node-trust/team.json';
let work: string;

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'node-trust-'));
  // What the kubelet mounts is there.
  for (const path of [certs, '/var/lib/wharfinger/node-trust']) mkdirSync(at(path), { recursive: true });
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const at = (path: string): string => join(work, path);
const run = (document = documentWith({})): Promise<string[]> =>
  converge(document, { node: work, systemRoot: work });
const read = (path: string): string => readFileSync(at(path), 'utf8');

describe('converge', () => {
  it('writes what is declared, follows it, and takes all of it back', async () => {
    expect(await run()).toEqual([]);
    expect(read(`${folder}/ca.crt`)).toBe(certificate);
    expect(await run(documentWith({ certificates: [nextCertificate] }))).toEqual([]);
    expect(read(`${folder}/ca.crt`)).toBe(nextCertificate);
    rmSync(at(`${folder}/hosts.toml`));
    await run(documentWith({ certificates: [nextCertificate] }));
    expect(readdirSync(at(folder))).toEqual(['ca.crt', 'hosts.toml']);
    expect(await run(documentWith({}, { hosts: [] }))).toEqual([]);
    expect(readdirSync(at(certs))).toEqual([]);
    expect(existsSync(at(record))).toBe(false);
  });

  it('leaves alone what was there before it, says so, and does the rest', async () => {
    mkdirSync(at(folder));
    writeFileSync(at(`${folder}/hosts.toml`), '# mine\n');
    expect(await run()).toEqual([
      expect.stringContaining(`${folder}/hosts.toml is not what this NodeTrust wrote`),
    ]);
    expect(readdirSync(at(folder))).toEqual(['ca.crt', 'hosts.toml']);
    expect(await run(documentWith({}, { hosts: [] }))).toEqual([]);
    expect(readdirSync(at(folder))).toEqual(['hosts.toml']);
    expect(read(`${folder}/hosts.toml`)).toBe('# mine\n');
  });

  it('does not take the same text for its own: somebody else wrote it, and it stays', async () => {
    mkdirSync(at(folder));
    writeFileSync(at(`${folder}/ca.crt`), certificate);
    expect(await run()).toEqual([]);
    await run(documentWith({}, { hosts: [] }));
    expect(readdirSync(at(folder))).toEqual(['ca.crt']);
  });

  it('neither overwrites nor removes a file of its own that somebody changed', async () => {
    await run();
    writeFileSync(at(`${folder}/hosts.toml`), '# changed\n');
    expect(await run(documentWith({ tls: false, certificates: [] }))).toHaveLength(1);
    await run(documentWith({}, { hosts: [] }));
    expect(read(`${folder}/hosts.toml`)).toBe('# changed\n');
    expect(existsSync(at(record))).toBe(false);
  });

  it('follows no link out of the folder that it was given', async () => {
    mkdirSync(at('/elsewhere'));
    symlinkSync(at('/elsewhere'), at(folder));
    expect(await run()).toHaveLength(2);
    expect(readdirSync(at('/elsewhere'))).toEqual([]);
  });

  it('takes back what a pod that was killed had written, by the record that was there first', async () => {
    await run();
    const known = JSON.parse(read(record)) as { node: { files: Record<string, string[]> } };
    expect(Object.keys(known.node.files)).toEqual([`${folder}/ca.crt`, `${folder}/hosts.toml`]);
    writeFileSync(at(`${folder}/hosts.toml.wharfinger-new`), 'half');
    await run(documentWith({}, { hosts: [] }));
    expect(readdirSync(at(certs))).toEqual([]);
  });

  it('stops at a record that it cannot read, and writes nothing', async () => {
    writeFileSync(at(record), '{"half');
    await expect(run()).rejects.toThrow('cannot be read');
    expect(readdirSync(at(certs))).toEqual([]);
  });

  it('keeps two NodeTrusts of one node apart', async () => {
    await run();
    const other = documentWith({ hostname: 'other.example' }, { nodeTrust: 'other' });
    await run(other);
    await run(documentWith({}, { hosts: [] }));
    expect(readdirSync(at(certs))).toEqual(['other.example:5000']);
    expect(await run(documentWith({ hostname: 'other.example' }))).toHaveLength(1);
  });

  it('writes the hosts file in place and back', async () => {
    const hosts = at('/etc/hosts');
    writeFileSync(hosts, '127.0.0.1 localhost\n');
    const hostsFile = { path: '/etc/hosts' };
    expect(await run(documentWith({ hostsEntry: '10.0.0.7' }, { hostsFile }))).toEqual([]);
    expect(readFileSync(hosts, 'utf8')).toContain('10.0.0.7\tregistry.example\t#');
    writeFileSync(hosts, `${readFileSync(hosts, 'utf8')}::1 behind it\n`);
    await run(documentWith({}, { hosts: [], hostsFile }));
    expect(readFileSync(hosts, 'utf8')).toBe('127.0.0.1 localhost\n::1 behind it\n');
  });
});

describe.runIf(process.getuid?.() === 0)('converge of a system store', () => {
  const anchors = '/etc/pki/ca-trust/source/anchors';
  const systemStore = { family: 'RedHat' } as const;
  const document = documentWith({ system: true }, { systemStore, containerd: { directories: [] } });

  /** A root folder with a shell and its libraries, and a command of the family that notes how it is called. */
  function prepareRoot(): void {
    const libraries = execFileSync('ldd', ['/bin/sh'], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
    for (const file of ['/bin/sh', ...libraries]) {
      mkdirSync(at(dirname(file)), { recursive: true });
      copyFileSync(file, at(file));
    }
    for (const path of ['/usr/bin', anchors]) mkdirSync(at(path), { recursive: true });
    const script = '#!/bin/sh\ncd /etc/pki/ca-trust/source/anchors; echo "$0 $*:" * >> /calls\n';
    writeFileSync(at('/usr/bin/update-ca-trust'), script, { mode: 0o755 });
  }

  it('runs the command in the root folder once for each change, after the change', async () => {
    prepareRoot();
    expect(await run(document)).toEqual([]);
    const [anchor] = readdirSync(at(anchors));
    expect(anchor).toMatch(/^wharfinger-team-[0-9a-f]{16}\.crt$/);
    expect(read(`${anchors}/${anchor}`)).toBe(certificate);
    await run(document);
    await run({ ...document, hosts: [] });
    expect(read('/calls').split('\n')).toEqual([
      `/usr/bin/update-ca-trust extract: ${anchor}`,
      '/usr/bin/update-ca-trust extract: *',
      '',
    ]);
    expect(existsSync(at(record))).toBe(false);
  });

  it('tries the command again until it succeeds, and says why it failed', async () => {
    prepareRoot();
    chmodSync(at('/usr/bin/update-ca-trust'), 0o644);
    expect(await run(document)).toEqual([
      expect.stringMatching(/update-ca-trust extract failed: .*Permission denied/),
    ]);
    chmodSync(at('/usr/bin/update-ca-trust'), 0o755);
    expect(await run(document)).toEqual([]);
    expect(read('/calls').split('\n')).toHaveLength(2);
  });

  it('keeps a CA out of it that is not said to belong there', async () => {
    prepareRoot();
    expect(await run({ ...document, hosts: documentWith({}).hosts })).toEqual([]);
    expect(readdirSync(at(anchors))).toEqual([]);
    expect(existsSync(at('/calls'))).toBe(false);
  });
});
