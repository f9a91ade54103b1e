import { describe, expect, it } from 'vitest';
import { HtpasswdUsageError, parseHtpasswdArguments } from './htpasswd-arguments.ts';

describe('parseHtpasswdArguments', () => {
  it('reads the forms of the documents', () => {
    expect(parseHtpasswdArguments(['-Bbn', 'ci', 'secret'])).toEqual({
      user: 'ci',
      password: 'secret',
      cost: 5,
    });
    expect(parseHtpasswdArguments(['-Bin', '-C', '10', 'ci'])).toEqual({ user: 'ci', cost: 10 });
  });

  it.each([
    [['-bn', 'ci', 'secret']],
    [['-Bb', 'ci', 'secret']],
    [['-Bbn', 'ci']],
    [['-Bbn', 'c:i', 'secret']],
    [['-Bbn', '-C', '40', 'ci', 'secret']],
    [['-Bbnx', 'ci', 'secret']],
    [['-Bbn', 'ci', 'secret', 'more']],
  ])('refuses %j without telling the password', (argv) => {
    expect(() => parseHtpasswdArguments(argv)).toThrow(HtpasswdUsageError);
    expect(() => parseHtpasswdArguments(argv)).not.toThrow(/secret/);
  });
});
