import { hash } from '@node-rs/bcrypt';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { parseHtpasswd } from './htpasswd-file.ts';
import { createAccessController } from './index.ts';

interface Access {
  authorize(header: string | undefined): Promise<{ user: string; mayPush: boolean }>;
  update(text: string): void;
}

/** Access with an htpasswd file of this text; without one, nobody is asked. */
async function accessOf(htpasswd: string | undefined): Promise<Access> {
  const yaml = htpasswd === undefined ? '' : `auth: {htpasswd: {realm: 'team "a"', path: /unused}}`;
  const { config } = parseConfig(`version: 0.1\nstorage: {filesystem: {}}\n${yaml}`, {});
  const access = await createAccessController(config, { htpasswd: htpasswd ?? null, tokenKeys: null });
  return {
    async authorize(authorization) {
      const subject = await access.authorize({ authorization, origin: '', loginUrl: '', accesses: [] });
      return { user: subject.user, mayPush: subject.mayPush() };
    },
    update: (text) => access.update({ htpasswd: text }),
  };
}

let right: string;
beforeAll(async () => {
  right = await hash('secret', 4);
});

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

describe('htpasswd', () => {
  it.each(['2y', '2a', '2b'])('accepts $%s$ hashes', async (version) => {
    const htpasswdText = `# users\n\nci:$${version}${right.slice(3)}\r\n`;
    const access = await accessOf(htpasswdText);
    expect(parseHtpasswd(htpasswdText).problems).toEqual([]);
    expect(await access.authorize(basic('ci', 'secret'))).toEqual({ user: 'ci', mayPush: true });
    // The second time from what is remembered.
    expect(await access.authorize(basic('ci', 'secret'))).toEqual({ user: 'ci', mayPush: true });
  });

  it.each([
    ['no header', undefined],
    ['another scheme', 'Bearer abc'],
    ['no colon', `Basic ${Buffer.from('ci').toString('base64')}`],
    ['a wrong password', basic('ci', 'wrong')],
    ['an unknown user', basic('nobody', 'secret')],
    ['no user', basic('', 'secret')],
    ['a password that only begins right', basic('ci', 'secretsecret')],
    ['the parts of name and password moved', basic('c', 'isecret')],
  ])('refuses %s with its challenge', async (_, header) => {
    const access = await accessOf(`ci:${right}`);
    await access.authorize(basic('ci', 'secret'));
    await expect(access.authorize(header)).rejects.toMatchObject({
      reason: 'unauthorized',
      challenge: 'Basic realm="team \\"a\\""',
    });
  });

  it('reports lines that it cannot use by their number, never their content, and lets the others in', async () => {
    const htpasswdText = `md5:$apr1$x$abcdefghij\nci:${right}\nplain:hunter2\nnonsense\nci2:$2y$05$short\n`;
    const access = await accessOf(htpasswdText);
    expect(parseHtpasswd(htpasswdText).problems).toEqual([
      'htpasswd line 1: is not a bcrypt entry, so its user cannot log in; make it with htpasswd -B',
      'htpasswd line 3: is not a bcrypt entry, so its user cannot log in; make it with htpasswd -B',
      'htpasswd line 4: is not of the form USER:HASH; correct or remove it',
      'htpasswd line 5: is not a bcrypt entry, so its user cannot log in; make it with htpasswd -B',
    ]);
    await expect(access.authorize(basic('plain', 'hunter2'))).rejects.toMatchObject({
      reason: 'unauthorized',
    });
    expect((await access.authorize(basic('ci', 'secret'))).user).toBe('ci');
  });

  it('takes another file at once and forgets what it remembered', async () => {
    const access = await accessOf(`ci:${right}`);
    await access.authorize(basic('ci', 'secret'));
    access.update(`dev:${right}`);
    await expect(access.authorize(basic('ci', 'secret'))).rejects.toMatchObject({
      reason: 'unauthorized',
    });
    expect((await access.authorize(basic('dev', 'secret'))).user).toBe('dev');
    access.update(`dev:${await hash('changed', 4)}`);
    await expect(access.authorize(basic('dev', 'secret'))).rejects.toMatchObject({
      reason: 'unauthorized',
    });
  });

  it('lets a user in with further passwords until their time is over, also when they were right before', async () => {
    const until = new Date(Date.now() + 60_000);
    const [old, older, next] = await Promise.all(['old', 'older', 'next'].map((one) => hash(one, 4)));
    const text = [
      `#wharfinger:also until=${until.toISOString()} ci:${old}`,
      `#wharfinger:also until=2020-01-01T00:00:00Z ci:${older}`,
      `#wharfinger:also ci:${next}`,
      `#wharfinger:also nobody:${old}`,
      `ci:${right}`,
      `dev:${right}`,
    ].join('\n');
    expect(parseHtpasswd(text).problems).toEqual([]);
    const access = await accessOf(text);
    const comesIn = async (user: string, password: string): Promise<boolean> =>
      access.authorize(basic(user, password)).then(
        () => true,
        () => false,
      );
    const passwords = ['secret', 'old', 'older', 'next'];
    const all = async (user: string): Promise<boolean[]> =>
      Promise.all(passwords.map((one) => comesIn(user, one)));
    expect(await all('ci')).toEqual([true, true, false, true]);
    expect(await all('dev')).toEqual([true, false, false, false]);
    expect(await all('nobody')).toEqual([false, false, false, false]);
    vi.useFakeTimers({ now: until, toFake: ['Date'] });
    try {
      expect(await all('ci')).toEqual([true, false, false, true]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes as long for a user with one password, and for no user, as for one with several', async () => {
    const slow = await hash('secret', 9);
    const access = await accessOf(
      `one:${slow}\nmany:${slow}\n${`#wharfinger:also many:${slow}\n`.repeat(3)}`,
    );
    // Of the processor: the clock tells of others too.
    const took = async (user: string): Promise<number> => {
      const began = process.cpuUsage();
      await access.authorize(basic(user, 'wrong')).catch(() => undefined);
      return process.cpuUsage(began).user;
    };
    await took('one');
    const [one, many, none] = [await took('one'), await took('many'), await took('none')];
    for (const time of [one, none]) expect(time).toBeGreaterThan(many / 2);
  });

  it('names a further password that cannot be read by its line', () => {
    const text = `ci:${right}\n#wharfinger:also until=soon ci:${right}\n#wharfinger:also ci:plain\n#wharfinger: note\n`;
    expect(parseHtpasswd(text).problems.map((problem) => problem.slice(0, 16))).toEqual([
      'htpasswd line 2:',
      'htpasswd line 3:',
    ]);
  });

  it('remembers nothing that was checked against the file before', async () => {
    const access = await accessOf(`ci:${right}`);
    const before = access.authorize(basic('ci', 'secret'));
    access.update('');
    await before;
    await expect(access.authorize(basic('ci', 'secret'))).rejects.toMatchObject({
      reason: 'unauthorized',
    });
  });

  it('checks the same credentials once, however many requests bring them', async () => {
    const access = await accessOf(`ci:${await hash('secret', 8)}`);
    const started = performance.now();
    await access.authorize(basic('ci', 'secret'));
    const one = performance.now() - started;
    access.update(`ci:${await hash('secret', 8)}`);
    const again = performance.now();
    await Promise.all(Array.from({ length: 64 }, () => access.authorize(basic('ci', 'secret'))));
    expect(performance.now() - again).toBeLessThan(one * 16);
  });

  it('answers busy when too many passwords wait to be checked', async () => {
    const access = await accessOf(`ci:${right}`);
    const tries = Array.from({ length: 700 }, (_, index) => access.authorize(basic('ci', `wrong${index}`)));
    const results = await Promise.allSettled(tries);
    const reasons = results.map((result) =>
      result.status === 'rejected' ? (result.reason as { reason: string }).reason : '',
    );
    expect(new Set(reasons)).toEqual(new Set(['unauthorized', 'busy']));
  });

  it('without a provider everybody may do everything', async () => {
    const access = await accessOf(undefined);
    expect(await access.authorize(undefined)).toEqual({ user: '', mayPush: true });
  });
});
