import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Member } from '../gc/members.ts';
import { blobDataPath, membersRoot, windowPath } from '../storage/paths.ts';
import { eventually, type RegistryUnderTest, type Setup, startRegistry } from './registry-under-test.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

let store: string;
const registries: RegistryUnderTest[] = [];
beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(async () => {
  for (const registry of registries.splice(0)) {
    registry.child.kill('SIGCONT');
    await registry.stop();
  }
  rmSync(store, { recursive: true, force: true });
});

/** One more registry on the one store. */
async function serve(setup: Setup = {}): Promise<RegistryUnderTest> {
  const storage = { filesystem: { rootdirectory: store }, delete: { enabled: true } };
  const registry = await startRegistry({ ...setup, config: { storage, ...setup.config } });
  registries.push(registry);
  return registry;
}

interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<{ status: number | null; output: string }>;
}

/** `registry garbage-collect -m` on the one store; what was pushed by then is leased. */
function collect(registry: RegistryUnderTest): Command {
  const argv = [main, 'garbage-collect', '-q', '-m', '--min-age', '1h'];
  const child = spawn(process.execPath, [...argv, join(registry.directory, 'config.yml')]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<{ status: number | null; output: string }>((resolve) =>
    child.once('close', (status) => resolve({ status, output })),
  );
  return { child, ended };
}

async function push(registry: RegistryUnderTest, tag: string): Promise<string> {
  const config = JSON.stringify({ tag });
  const blob = { path: `/v2/app/blobs/uploads/?digest=${digest(config)}`, method: 'POST' };
  const pushed = await registry.call({ ...blob, headers: { 'content-length': config.length } }, config);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const descriptor = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digest(config),
    size: config.length,
  };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] });
  const headers = { 'content-type': mediaType, 'content-length': manifest.length };
  const put = await registry.call({ path: `/v2/app/manifests/${tag}`, method: 'PUT', headers }, manifest);
  expect([pushed.status, put.status]).toEqual([201, 201]);
  return digest(manifest);
}

/** An image that nothing keeps alive; gives the digests of its files. */
async function pushDead(registry: RegistryUnderTest): Promise<string[]> {
  const tag = `dead-${randomBytes(4).toString('hex')}`;
  const manifest = await push(registry, tag);
  const gone = await registry.call({ path: `/v2/app/manifests/${manifest}`, method: 'DELETE' });
  expect(gone.status).toBe(202);
  return [manifest, digest(JSON.stringify({ tag }))];
}

function has(blob: string): boolean {
  return existsSync(join(store, blobDataPath(blob)));
}

async function pulls(registry: RegistryUnderTest, tag: string): Promise<boolean> {
  const manifest = await registry.call({ path: `/v2/app/manifests/${tag}` });
  const blob = await registry.call({ path: `/v2/app/blobs/${digest(JSON.stringify({ tag }))}` });
  return manifest.status === 200 && blob.text === JSON.stringify({ tag });
}

async function workersOf(registry: RegistryUnderTest): Promise<number[]> {
  const { workers } = await registry.state();
  return workers.filter(({ takesRequests }) => takesRequests).map(({ pid }) => pid);
}

function members(): Member[] {
  const directory = join(store, membersRoot);
  const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
  return names.map((name) => Member.parse(JSON.parse(readFileSync(join(directory, name), 'utf8'))));
}

it.each([1, 2])(
  'a collection by hand beside %d that serve: pushes wait and succeed, workers are new',
  async (count) => {
    while (registries.length < count) await serve();
    const [first, last] = [registries[0], registries.at(-1)];
    if (!first || !last) throw new Error('none serves');
    const boots = new Set(
      (await Promise.all(registries.map((each) => each.state()))).map(({ boot }) => boot),
    );
    for (const each of registries)
      await each.stateUntil(({ members: seen }) => boots.symmetricDifference(new Set(seen)).size === 0);
    const dead = [...(await pushDead(first)), ...(await pushDead(last))];
    const before = await Promise.all(registries.map(workersOf));
    const tags: string[] = [];
    const over = new AbortController();
    const pushing = registries.map(async (registry, index) => {
      while (!over.signal.aborted) {
        const tag = `live-${index}-${tags.length}`;
        tags.push(tag);
        await push(registry, tag);
      }
    });
    const { status, output } = await collect(first).ended;
    over.abort();
    await Promise.all(pushing);
    expect([status, output]).toEqual([0, '']);
    expect(dead.filter(has)).toEqual([]);
    for (const each of registries) expect(each.output()).toMatch(/"write gate changes".* to=paused/);
    for (const tag of tags) for (const each of registries) expect(await pulls(each, tag), tag).toBe(true);
    const after = await Promise.all(registries.map(workersOf));
    expect(after.flat().filter((pid) => before.flat().includes(pid))).toEqual([]);
    expect(existsSync(join(store, windowPath))).toBe(false);
    expect(new Set(members().map(({ boot }) => boot))).toEqual(boots);
    // A window that is over restarts nothing more.
    expect((await collect(first).ended).status).toBe(0);
    expect(await Promise.all(registries.map(workersOf))).toEqual(after);
    await registries.pop()?.stop();
    expect(members()).toHaveLength(count - 1);
  },
  90_000,
);

it('one whose supervisor hangs is named, and nothing is swept', async () => {
  const registry = await serve();
  const dead = await pushDead(registry);
  const [member] = members();
  registry.child.kill('SIGSTOP');
  const { status, output } = await collect(registry).ended;
  expect([status, dead.filter(has)]).toEqual([1, dead]);
  expect(output).toContain(`failed to garbage collect: member pod-0-${member?.boot} on host`);
  expect(output).toContain('did not answer within 5 s, so nothing was swept');
  registry.child.kill('SIGCONT');
  await push(registry, 'later');
  expect(await collect(registry).ended).toEqual({ status: 0, output: '' });
  expect(dead.filter(has)).toEqual([]);
}, 60_000);

it('a command that is killed leaves no write held after the deadline, and no worker from before', async () => {
  const registry = await serve({ config: { wharfinger: { hold: { timeout: '60s' } } } });
  await pushDead(registry);
  const before = await workersOf(registry);
  const { child, ended } = collect(registry);
  expect(await eventually(() => members()[0]?.window?.paused === true, 60_000)).toBe(true);
  child.kill('SIGKILL');
  await ended;
  const { deadline } = JSON.parse(readFileSync(join(store, windowPath), 'utf8')) as { deadline: string };
  await push(registry, 'held');
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(deadline));
  expect(Date.now()).toBeLessThan(Date.parse(deadline) + 5_000);
  await registry.stateUntil(({ workers }) => workers.every(({ pid }) => !before.includes(pid)), 20_000);
}, 90_000);

it('a collection of the operator and one by hand are not at once', async () => {
  const text = JSON.stringify({ run: 'nightly', attempt: 1 });
  const registry = await serve({ maintenance: { 'collection.json': text } });
  const dead = await pushDead(registry);
  const { status, output } = await collect(registry).ended;
  expect([status, dead.filter(has)]).toEqual([1, dead]);
  expect(output).toMatch(/member pod-0-\S+ on host \S+ takes part in the collection nightly of the operator/);
}, 60_000);

it('serves from a storage on which it cannot be known, and does not say whom it sees there', async () => {
  mkdirSync(join(store, '.wharfinger'));
  writeFileSync(join(store, membersRoot), '');
  const registry = await serve();
  await push(registry, 'v1');
  expect((await registry.state()).members).toBeUndefined();
  expect(registry.output()).toContain('this registry cannot be made known on its storage');
});

it('takes connections for a while after it was told to stop when there were others, and none when it was always alone', async () => {
  const [leaving, staying] = [await serve(), await serve()];
  const answers = (registry: RegistryUnderTest): Promise<number> =>
    registry.call({ path: '/v2/', agent: false, ca: registry.serving['tls.crt'] }).then(
      ({ status }) => status,
      () => 0,
    );
  // Each has to see the other on the storage first.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  leaving.child.kill('SIGTERM');
  const told = performance.now();
  while (performance.now() - told < 2_500) expect(await answers(leaving)).toBe(200);
  expect(await eventually(() => leaving.child.exitCode === 0)).toBe(true);
  // By now there may be one in its place that tells nobody, of a release before.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const ended = staying.stop();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await answers(staying)).toBe(200);
  expect(await ended).toBe(0);
  const alone = await serve();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  alone.child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await answers(alone)).toBe(0);
}, 60_000);
