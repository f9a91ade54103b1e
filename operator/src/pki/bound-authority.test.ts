import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { isBoundTo } from './bound-authority.ts';

const work = mkdtempSync(join(tmpdir(), 'bound-authority-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const permitted = { names: ['registry.example', '10.0.0.7'], domains: ['team.svc'] };
const noAddress = 'permitted;IP:0.0.0.0/255.255.255.255';

function authority(...extensions: string[]): string {
  const file = join(work, 'ca.crt');
  const more = extensions.flatMap((extension) => ['-addext', extension]);
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    join(work, 'key'),
  ];
  execFileSync('openssl', ['req', '-x509', '-subj', '/CN=x', ...key, '-out', file, ...more], {
    stdio: 'ignore',
  });
  return readFileSync(file, 'utf8');
}

it.each([
  [`critical,permitted;DNS:registry.example,${noAddress}`],
  [`critical,permitted;DNS:registry.example,permitted;DNS:a.team.svc,permitted;IP:10.0.0.7/255.255.255.255`],
])('takes a CA with %s for bound', (constraints) => {
  expect(isBoundTo(authority(`nameConstraints=${constraints}`), permitted)).toBe(true);
});

it.each([
  ['no constraints', []],
  [
    'constraints that a client may pass over',
    [`nameConstraints=permitted;DNS:registry.example,${noAddress}`],
  ],
  [
    'another name beside',
    [`nameConstraints=critical,permitted;DNS:registry.example,permitted;DNS:google.com,${noAddress}`],
  ],
  ['a whole domain', [`nameConstraints=critical,permitted;DNS:example,${noAddress}`]],
  ['all addresses', ['nameConstraints=critical,permitted;DNS:registry.example']],
  ['a network', ['nameConstraints=critical,permitted;DNS:registry.example,permitted;IP:10.0.0.0/255.0.0.0']],
  ['every network', ['nameConstraints=critical,permitted;DNS:registry.example,permitted;IP:0.0.0.0/0.0.0.0']],
  ['all names', [`nameConstraints=critical,${noAddress}`]],
  ['exclusions alone', ['nameConstraints=critical,excluded;DNS:google.com']],
])('does not take a CA with %s for bound', (_what, extensions) => {
  expect(isBoundTo(authority(...extensions), permitted)).toBe(false);
});
