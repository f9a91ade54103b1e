import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { version } from './version.ts';

const directory = mkdtempSync(join(tmpdir(), 'command-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(...argv: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, ...argv], { env: { REGISTRY_HTTP_SECRET: 'for tests' } });
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

function configFile(config: object): string {
  const path = join(directory, 'config.yml');
  writeFileSync(
    path,
    JSON.stringify({ version: 0.1, storage: { filesystem: { rootdirectory: directory } }, ...config }),
  );
  return path;
}

describe('registry', () => {
  it('tells its version, and its usage when a command is unknown', async () => {
    expect(await run('--version')).toEqual({ code: 0, stdout: `registry ${version}\n`, stderr: '' });
    const unknown = await run('serv');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("'serv' is not a command of registry");
  });

  it('serves with nothing that it was not told to', async () => {
    expect((await run('serve', '--help')).stdout).toContain('Usage: registry COMMAND');
    for (const argv of [
      ['--config', 'x.yml'],
      ['a.yml', 'b.yml'],
    ]) {
      const { code, stderr } = await run('serve', ...argv);
      expect([code, stderr.split('\n')[0]]).toEqual([
        2,
        `serve takes at most one argument, the path of config.yml, and not '${argv[0] === 'a.yml' ? 'b.yml' : '--config'}'.`,
      ]);
    }
  });

  it('names every problem of a config, one a line, and exits with 1', async () => {
    const { code, stderr } = await run(
      'serve',
      configFile({ http: { adr: ':5000' }, log: { level: 'loud' } }),
    );
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect(stderr).toContain('http.adr');
    expect(stderr).toContain('log.level');
  });

  it.each([
    ['http.addr', (addr: string) => ({ addr })],
    // Found when there are workers already, which must not have a word to say.
    ['http.debug.addr', (addr: string) => ({ addr: '127.0.0.1:0', debug: { addr } })],
  ])('exits with one sentence when the port of %s is taken', async (key, http) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const addr = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await run('serve', configFile({ http: http(addr) }));
    other.close();
    expect(code).toBe(1);
    expect(stderr).toBe(`${key}: cannot listen on '${addr}': another process listens there already\n`);
  });

  it('exits with one sentence when the htpasswd file is not there', async () => {
    const path = join(directory, 'nowhere/htpasswd');
    const { code, stderr } = await run('serve', configFile({ auth: { htpasswd: { realm: 'r', path } } }));
    expect(code).toBe(1);
    expect(stderr).toBe(`auth.htpasswd.path: the file ${path} does not exist\n`);
  });
});
