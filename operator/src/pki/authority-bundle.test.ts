import { beforeAll, expect, it } from 'vitest';
import { createAuthority } from './authority.ts';
import { bundleProblem } from './authority-bundle.ts';
import type { Credentials } from './issuer.ts';

let authority: Credentials;
beforeAll(async () => {
  const subject = { commonName: 'one' };
  authority = await createAuthority({
    subject,
    key: { algorithm: 'RSA', size: 2048 },
    validityDays: 1,
    now: new Date(),
  });
});

it('a bundle holds certificates that can be read, and no key', () => {
  const { certificate, privateKey } = authority;
  const broken = certificate.replace(/[A-Za-z]{20}/, 'A'.repeat(20));
  expect(bundleProblem(certificate)).toBeUndefined();
  expect(bundleProblem(`# one\n${certificate}\n# two\n${certificate}`)).toBeUndefined();
  expect(bundleProblem('')).toContain('holds no certificate');
  expect(bundleProblem(privateKey)).toContain('holds a private key');
  expect(bundleProblem(certificate + privateKey)).toContain('holds a private key');
  expect(bundleProblem(certificate + broken.replace('MII', 'AAA'))).toContain('cannot be read, number 2');
});
