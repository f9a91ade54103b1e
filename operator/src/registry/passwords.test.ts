import { hash, verify } from '@node-rs/bcrypt';
import { describe, expect, it } from 'vitest';
import { formatHtpasswd, parseHtpasswd } from './htpasswd-file.ts';
import { createPasswordHashes } from './password-hashes.ts';

describe('password hashes', () => {
  it('keep the stored hash of the same password, also after a restart', async () => {
    const stored = await hash('geheim', 4);
    expect(await createPasswordHashes().of('geheim', stored)).toBe(stored);
  });

  it('replace the hash of another password, and what is none, with one of cost 10', async () => {
    const hashes = createPasswordHashes();
    const made = await hashes.of('new', await hash('old', 4));
    expect(made).toMatch(/^\$2[by]\$10\$/);
    expect(await verify('new', made)).toBe(true);
    expect(await hashes.of('new', '{SHA}nonsense')).toBe(made);
  });

  it('are made once, as long as the cache of Secrets is behind', async () => {
    const hashes = createPasswordHashes();
    expect(await hashes.of('same', undefined)).toBe(await hashes.of('same', undefined));
  });
});

describe('an htpasswd file', () => {
  it('is read back as it was written, in one order', () => {
    const entries = new Map([
      ['zoe', '$2b$10$x'],
      ['ann', '$2b$10$y'],
    ]);
    expect(formatHtpasswd(entries)).toBe('ann:$2b$10$y\nzoe:$2b$10$x\n');
    expect(parseHtpasswd(`# users\n\n${formatHtpasswd(entries)}nonsense\n`)).toEqual(entries);
  });
});
