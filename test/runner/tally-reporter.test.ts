import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Tally } from './tally.ts';

test('skipped, todo, expected-to-fail, empty and unloadable suites count as failed', () => {
  const folder = mkdtempSync(resolve('.vitest-tally-'));
  try {
    const suite = `import { test } from 'vitest';
      test('passes', () => {});
      test('fails', () => { throw new Error('x'); });
      test.skip('is skipped', () => {});
      test.todo('is to do');
      test.fails('is expected to fail', () => { throw new Error('x'); });`;
    writeFileSync(join(folder, 'a.test.ts'), suite);
    writeFileSync(join(folder, 'b.test.ts'), `import './not-there.ts';`);
    writeFileSync(join(folder, 'c.test.ts'), `export {};`);
    const reporter = resolve('test/runner/tally-reporter.ts');
    const config = { test: { root: folder, include: ['*.test.ts'], reporters: [reporter] } };
    writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)};`);
    const file = join(folder, 'tally.json');
    const args = ['run', '--config', join(folder, 'vitest.config.mjs')];
    const run = spawnSync('node_modules/.bin/vitest', args, {
      env: { ...process.env, WHARFINGER_TALLY: file },
    });
    expect(run.status).not.toBe(0);
    const tally = JSON.parse(readFileSync(file, 'utf8')) as Tally;
    expect(tally.passed).toBe(1);
    expect(tally.failures.filter((line) => line.includes('a.test.ts'))).toHaveLength(4);
    expect(tally.failures.some((line) => line.includes('b.test.ts'))).toBe(true);
    expect(tally.failures.some((line) => line.includes('c.test.ts'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
