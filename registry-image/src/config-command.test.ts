import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'config-command-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function config(
  env: Record<string, string>,
  ...argv: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'config', ...argv], { env });
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

function configFile(content: string): string {
  const path = join(directory, 'config.yml');
  writeFileSync(path, content);
  return path;
}

describe('registry config', () => {
  it('prints file, variables and defaults as a config.yml without secrets, and warnings beside it', async () => {
    const path = configFile('version: 0.1\nloglevel: debug\nhttp: {secret: hunter2, draintimeout: 60s}\n');
    const variables = { REGISTRY_STORAGE_DELETE_ENABLED: 'true', REGISTRY_PORT: 'tcp://10.0.0.1:443' };
    const { code, stdout, stderr } = await config(variables, path);
    expect(code).toBe(0);
    expect(stdout).toContain('log:\n  level: debug\n');
    expect(stdout).toContain('  delete:\n    enabled: true\n');
    expect(stdout).toContain('  draintimeout: 1m\n');
    expect(stdout).toContain('  secret: "********"\n');
    expect(stdout + stderr).not.toContain('hunter2');
    expect(stderr.trim().split('\n')).toEqual([
      'warning: REGISTRY_PORT names no key of config.yml and is ignored',
      'warning: loglevel: an older key; use log.level instead',
    ]);
    expect(await config({}, configFile(stdout))).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('tells every problem of a wrong config, and nothing else', async () => {
    const path = configFile('version: 0.1\nhttp: {adr: ":1"}\nproxy: {remoteurl: nowhere}\n');
    expect(await config({ REGISTRY_LOG_LEVEL: 'loud', REGISTRY_CONFIGURATION_PATH: path })).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        'proxy: this registry does not have it yet; remove it',
        'log.level: must be one of error, warn, info, debug, not "loud" (from REGISTRY_LOG_LEVEL)',
        'http.adr: unknown key; remove it or correct its name',
        'proxy.remoteurl: must be a URL, such as https://registry-1.docker.io',
        '',
      ].join('\n'),
    });
  });

  it('takes no other arguments', async () => {
    const { code, stderr } = await config({}, '--all');
    expect(code).toBe(2);
    expect(stderr).toContain("config takes at most one argument, the path of config.yml, and not '--all'.");
  });
});
