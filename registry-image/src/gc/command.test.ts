import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PlanReport } from '../config/plan-report.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { runGarbageCollect } from './command.ts';
import { createStoreFixture, digestOf, type Pushed, type StoreFixture } from './store-fixture.ts';

let store: StoreFixture;
let driver: StorageDriver;
beforeEach(() => {
  store = createStoreFixture();
  driver = store.driver;
});
afterEach(() => store.dispose());

async function run(
  ...argv: string[]
): Promise<{ status: number; stdout: string; stderr: string; config?: string }> {
  let stdout = '';
  let stderr = '';
  let config: string | undefined;
  const status = await runGarbageCollect({
    argv,
    openStore: async (path) => {
      config = path;
      if (path === 'missing.yml') throw new Error('missing.yml: no such file');
      return driver;
    },
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { status, stdout, stderr, config };
}

function blobLine(repository: string, content: string): string {
  return `${repository}: marking blob ${digestOf(content)}`;
}

function eligible(...digests: string[]): string[] {
  return digests.sort().map((digest) => `blob eligible for deletion: ${digest}`);
}

/** Two images of one repository, as distribution prints them: revisions by their digests. */
function byDigest(lines: readonly (readonly [Pushed, readonly string[]])[]): string[] {
  return [...lines].sort(([a], [b]) => (a.digest < b.digest ? -1 : 1)).flatMap(([, each]) => each);
}

describe('output', () => {
  test('the lines of distribution', async () => {
    store.layer('library/alpine', 'orphan');
    const one = store.image('library/debian', 'config 1', ['layer', 'layer 1'], { tag: 'v1' });
    const two = store.image('library/debian', 'config 2', ['layer']);
    const { status, stdout, stderr } = await run('-d', 'config.yml');
    expect(stdout.split('\n')).toEqual([
      'library/alpine',
      'library/debian',
      ...byDigest([
        [
          one,
          [
            `library/debian: marking manifest ${one.digest} `,
            blobLine('library/debian', 'config 1'),
            blobLine('library/debian', 'layer'),
            blobLine('library/debian', 'layer 1'),
          ],
        ],
        [
          two,
          [
            `library/debian: marking manifest ${two.digest} `,
            blobLine('library/debian', 'config 2'),
            blobLine('library/debian', 'layer'),
          ],
        ],
      ]),
      '',
      '6 blobs marked, 1 blobs and 0 manifests eligible for deletion',
      ...eligible(digestOf('orphan')),
      '',
    ]);
    expect([status, stderr]).toEqual([0, '']);
  });

  test.each([
    [['-m']],
    [['--delete-untagged']],
    [['-m', '--delete-untagged=true']],
    [['-m=true']],
    [['-md']],
  ])('manifests that no tag leads to, with %j', async (flags) => {
    const dead = store.image('app', 'config', ['layer']);
    const { stdout } = await run(...flags, 'config.yml');
    expect(stdout.split('\n')).toEqual([
      'app',
      `manifest eligible for deletion: ${dead.digest}`,
      '',
      '0 blobs marked, 3 blobs and 1 manifests eligible for deletion',
      ...eligible(dead.digest, digestOf('config'), digestOf('layer')),
      '',
    ]);
  });

  test('nothing but problems with --quiet', async () => {
    store.image('app', 'config', ['layer']);
    store.write(paths.tagCurrentLinkPath('app', 'v1'), '');
    const { stdout, stderr } = await run('-q', 'config.yml');
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^warning: app: .*v1\/current\/link cannot be read: it is empty; it keeps all that it has\n$/,
    );
  });
});

describe('what it does', () => {
  test('a dry run changes nothing on disk', async () => {
    store.image('app', 'config', ['layer']);
    const before = store.files();
    await run('--dry-run', '-m', 'config.yml');
    expect(store.files()).toEqual(before);
  });

  test('leases are off unless --min-age is given, and what goes is freed at once', async () => {
    store.write(paths.layerLinkPath('app', digestOf('young')), digestOf('young'), Date.now());
    store.blob('young');
    await run('--min-age', '1h', 'config.yml');
    expect(store.files()).toHaveLength(2);
    await run('config.yml');
    expect(store.files()).toEqual([]);
  });

  test('a storage that is full in the middle of a sweep: what was swept is freed all the same', async () => {
    store.image('app', 'config', ['layer']);
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    let batches = 0;
    driver = {
      ...store.driver,
      moveMany: (...given) => (++batches > 2 ? Promise.reject(full) : store.driver.moveMany(...given)),
    };
    const { status, stderr } = await run('-m', '--quiet');
    expect([status, stderr]).toEqual([1, 'failed to garbage collect: no space left on device\n']);
    expect(store.files(paths.repositoriesRoot)).toEqual([]);
    expect(() => store.files(paths.trashRoot)).toThrow('ENOENT');
  });

  test('says what its second mark has put back', async () => {
    const { digest } = store.image('app', 'config', ['layer'], { tag: 'v1' });
    await store.driver.move(
      paths.blobDataPath(digest),
      paths.trashPath('early-1', paths.blobDataPath(digest)),
    );
    const { stderr } = await run('config.yml');
    expect(stderr).toBe('warning: 1 swept blob or manifest was in use and has been put back\n');
    expect(store.files()).toContain(paths.blobDataPath(digest));
  });

  test('-m=false keeps what no tag leads to', async () => {
    store.image('app', 'config', ['layer']);
    const before = store.files();
    await run('--delete-untagged=false', 'config.yml');
    expect(store.files()).toEqual(before);
  });
});

describe('the plan', () => {
  test('as JSON and nothing else, of a dry run', async () => {
    const { digest } = store.image('app', 'config', ['layer']);
    const before = store.files();
    const { stdout, status } = await run('-d', '-m', '--plan', 'json', 'config.yml');
    const plan = PlanReport.parse(JSON.parse(stdout));
    expect([status, plan.totals.blobs, plan.repositories[0]?.details?.manifests]).toEqual([0, 3, [digest]]);
    expect(store.files()).toEqual(before);
  });

  test('as text, of a run that does it', async () => {
    store.image('app', 'config', ['layer']);
    const { stdout } = await run('-m', '--plan=text');
    expect(stdout).toMatch(
      /^app\n {2}digests that stay: 0\n {2}tags that stay: 0\n {2}manifest goes: sha256:/,
    );
    expect(store.files()).toEqual([]);
  });

  test('of chosen repositories, with tags that go', async () => {
    for (const repository of ['team/app', 'other']) {
      for (const [age, tag] of ['new', 'old', 'v1', 'older'].entries()) {
        const image = store.image(repository, `${repository} ${tag}`, []);
        store.write(
          paths.tagCurrentLinkPath(repository, tag),
          image.digest,
          Date.now() - (age + 1) * 3_600_000,
        );
      }
    }
    const flags = ['--repositories', 'x', '--repositories=team/*', '--keep-last=1', '--keep-matching', 'v*'];
    const { stdout } = await run('-d', ...flags, '--plan', 'json');
    const plan = PlanReport.parse(JSON.parse(stdout));
    expect(plan.repositories.map(({ name, tags }) => [name, tags])).toEqual([
      ['other', { kept: 4 }],
      ['team/app', { newest: 1, matching: 1 }],
    ]);
    const { stdout: younger } = await run('-d', '--keep-younger-than', '150m', '--plan', 'json');
    const first = PlanReport.parse(JSON.parse(younger)).repositories[0];
    expect(first?.details?.tags.map(({ tag }) => tag)).toEqual(['older', 'v1']);
  });
});

describe('arguments', () => {
  test('the config is what is no option and no value of one', async () => {
    expect(await run('--min-age', '24h', '-d', 'config.yml')).toMatchObject({
      status: 0,
      config: 'config.yml',
    });
    expect(await run('config.yml', '-d', '--min-age=1h30m')).toMatchObject({
      status: 0,
      config: 'config.yml',
    });
    expect(await run('-d')).toMatchObject({ status: 0, config: undefined });
  });

  test.each([
    [['--bogus', 'config.yml'], '--bogus is not an option of garbage-collect'],
    [['-x'], '-x is not an option of garbage-collect'],
    [['--delete-untagged=maybe'], '--delete-untagged must be true or false, not "maybe"'],
    [['--min-age', 'soon'], '--min-age must be a duration such as 24h or 90m, not "soon"'],
    [['--min-age'], '--min-age must be a duration such as 24h or 90m, not ""'],
    [['--min-age=9999999999999h'], '--min-age must be a duration such as 24h or 90m, not "9999999999999h"'],
    [['--plan', 'yaml'], '--plan must be json or text, not "yaml"'],
    [['--plan'], '--plan must be json or text, not ""'],
    [['--keep-last', '-1'], '--keep-last must be a number of tags such as 10, not "-1"'],
    [['--keep-last=few'], '--keep-last must be a number of tags such as 10, not "few"'],
    [['--keep-younger-than=-1h'], '--keep-younger-than must be a duration such as 24h or 90m, not "-1h"'],
    [['--repositories='], '--repositories must be a pattern such as team/**, not ""'],
    [['--repositories', '-m'], '--repositories must be a pattern such as team/**, not "-m"'],
    [
      ['--repositories', 'x', '--repositories', '--dry-run'],
      '--repositories must be a pattern such as team/**, not "--dry-run"',
    ],
    [['--keep-matching', '-m', 'a.yml'], '--keep-matching must be a pattern such as team/**, not "-m"'],
    [['a.yml', 'b.yml'], 'one config file is expected, but 2 were given: a.yml, b.yml'],
  ])('%j is refused', async (argv, sentence) => {
    const { status, stderr } = await run(...argv);
    expect(status).toBe(2);
    expect(stderr).toContain(`Error: ${sentence}\nUsage:`);
  });

  test('help', async () => {
    expect(await run('--help')).toMatchObject({ status: 0, stderr: '' });
  });

  test('a config that cannot be opened', async () => {
    expect(await run('missing.yml')).toMatchObject({
      status: 1,
      stderr: 'failed to garbage collect: missing.yml: no such file\n',
    });
  });
});
