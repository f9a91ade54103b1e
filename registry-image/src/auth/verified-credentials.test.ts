import { randomBytes } from 'node:crypto';
import { hash } from '@node-rs/bcrypt';
import { expect, it } from 'vitest';
import type { UserHashes } from './htpasswd-file.ts';
import { createPasswordCheck } from './password-check.ts';
import { createVerifiedCredentials } from './verified-credentials.ts';

const key = randomBytes(32);
const usersOf = (hashOfCi: string): UserHashes =>
  new Map([['ci', [{ hash: hashOfCi, until: Number.POSITIVE_INFINITY }]]]);

it('spares another process the check of what one found right, for as long as the file has that hash', async () => {
  const [first, second] = [await hash('secret', 4), await hash('secret', 4)];
  const verified = createVerifiedCredentials({ key });
  expect(await createPasswordCheck(usersOf(first), verified).verify('ci', 'secret')).toBe(true);
  const another = createVerifiedCredentials({ key, known: verified.all() });
  const known = another.fingerprint('ci', 'secret', first);
  expect(another.has(known)).toBe(true);
  expect(another.has(another.fingerprint('ci', 'secret', second))).toBe(false);
  expect(another.has(another.fingerprint('ci', 'Secret', first))).toBe(false);
  expect(another.has(another.fingerprint('dev', 'secret', first))).toBe(false);
});

it('takes a known fingerprint for the password, and asks bcrypt again once the hash has changed', async () => {
  const [wrong, other] = [await hash('another', 4), await hash('another still', 4)];
  const verified = createVerifiedCredentials({ key });
  verified.add(verified.fingerprint('ci', 'secret', wrong));
  const check = createPasswordCheck(usersOf(wrong), verified);
  expect(await check.verify('ci', 'secret')).toBe(true);
  check.replace(usersOf(other));
  expect(await check.verify('ci', 'secret')).toBe(false);
  check.replace(new Map());
  expect(await check.verify('ci', 'secret')).toBe(false);
});

it('keeps the 4,096 fingerprints that were used last', () => {
  const verified = createVerifiedCredentials({ key });
  for (let number = 0; number < 4096; number++) verified.add(`f${number}`);
  expect(verified.has('f0')).toBe(true);
  verified.add('one more');
  expect([verified.has('f0'), verified.has('f1'), verified.all().length]).toEqual([true, false, 4096]);
});
