import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from '@node-rs/bcrypt';
import { afterAll } from 'vitest';
import { startServer, type TestServer } from './test-server.ts';

/** All have the password `secret`. */
export const users = ['ci', 'dev', 'admin'];
export const htpasswd = users.map((user) => `${user}:${hashSync('secret', 4)}\n`).join('');
export const rules = [
  { anonymous: true, repositories: ['public/**'], actions: ['pull'] },
  { users: ['*'], repositories: ['shared/*'], actions: ['pull'] },
  { users: ['*'], repositories: ['home/${user}/**'], actions: ['*'] },
  { users: ['ci'], repositories: ['public/**', 'build/a*'], actions: ['push'] },
  { users: ['dev'], repositories: ['build/a*'], actions: ['pull', 'delete'] },
  { users: ['admin'], repositories: ['**'], actions: ['*'] },
];

export function yamlOf(
  access: readonly object[],
  auth = 'auth: {htpasswd: {realm: basic-realm, path: /unused}}',
): string {
  return `storage: {delete: {enabled: true}}\n${auth}\nwharfinger: {access: ${JSON.stringify(access)}}`;
}

/** The credentials of a user; none for ''. */
export function as(user: string, password = 'secret'): { headers: Record<string, string> } {
  if (user === '') return { headers: {} };
  return { headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` } };
}

let template: string | undefined;
afterAll(() => {
  if (template !== undefined) rmSync(template, { recursive: true });
});

/** A registry with repositories of all kinds, and the rules. */
export async function startWithRules(): Promise<TestServer> {
  template ??= await makeTemplate();
  const rootDirectory = mkdtempSync(join(tmpdir(), 'wharfinger-rules-'));
  cpSync(template, rootDirectory, { recursive: true });
  return startServer({ yaml: yamlOf(rules), htpasswd, rootDirectory });
}

/** Fills a store once, of which every test gets a copy. */
async function makeTemplate(): Promise<string> {
  const open = await startServer();
  for (const repository of ['public/base', 'shared/tool', 'build/app', 'build/secret']) {
    await open.pushImage(repository, 'v1', repository);
  }
  await open.pushImage('home/ci/test', 'v1', 'home of ci');
  await open.pushImage('home/dev/test', 'v1', 'home of dev');
  const directory = mkdtempSync(join(tmpdir(), 'wharfinger-rules-template-'));
  cpSync(open.rootDirectory, directory, { recursive: true });
  return directory;
}
