import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { isBoundTo } from './bound-authority.ts';
import { opensslAuthority } from './openssl-authority.ts';

const work = mkdtempSync(join(tmpdir(), 'bound-authority-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const permitted = { names: ['registry.example', '10.0.0.7'], domains: ['team.svc'] };
const noAddress = 'permitted;IP:0.0.0.0/255.255.255.255';

const authority = (...extensions: string[]): string => opensslAuthority(work, ...extensions);

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
