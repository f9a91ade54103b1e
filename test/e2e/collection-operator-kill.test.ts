import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer, type Image } from '../support/image.ts';
import { apply, at, createNamespace, deleteNamespace, get, type KubeObject } from '../support/kubernetes.ts';
import { type KillableOperators, replaceOperators } from '../support/killable-operators.ts';
import { createRegistry } from '../support/registries.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { pulling, pushing } from '../support/traffic.ts';
import { blobsIn, volumePath } from '../support/volumes.ts';

/** One in so many points, each before and after its write; `WHARFINGER_EVERY_POINT` asks for all of them. */
const stride = process.env['WHARFINGER_EVERY_POINT'] ? 1 : 6;
const namespace = 'e2e-collection-kill';
const name = 'store';
const kept: Image = image([randomLayer(20_000)]);
let operators: KillableOperators;

beforeAll(async () => {
  await createNamespace(namespace);
  operators = await replaceOperators(namespace);
});
afterAll(async () => {
  await operators.close();
  await deleteNamespace(namespace);
});

function collect(run: string): Promise<unknown> {
  return apply({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name: run },
    spec: { registryRef: { name }, deleteUntagged: true, minAge: '0s', undoFor: '0s', windowTimeout: '10s' },
  });
}

async function ended(run: string): Promise<KubeObject> {
  return eventually(
    `GarbageCollection ${run} is over and lets go`,
    async () => {
      const object = await get('garbagecollections', namespace, run);
      const isOver = ['Succeeded', 'Failed'].includes(String(at(object, 'status.phase')));
      return isOver && at(object, 'metadata.finalizers') === undefined ? object : undefined;
    },
    { timeoutMs: 90_000, everyMs: 100 },
  );
}

/** An image that nobody wants any more, so that a run has a window. */
async function leaveDead(client: RegistryClient): Promise<Image> {
  const dead = image([randomLayer(3000)]);
  await client.push('app', 'dead', dead);
  await client.push('app', 'dead', kept);
  return dead;
}

test('C6: the operator is killed before and after each write of a collection: it ends, nothing is lost, pushes and pulls go on', async () => {
  let running = operators.start();
  const access = await createRegistry({ namespace, name });
  const clients = [1, 2, 3].map(() => new RegistryClient(access));
  const [owner, pusher, puller] = clients as [RegistryClient, RegistryClient, RegistryClient];
  await owner.push('app', 'v1', kept);
  const [pushes, pulls] = [pushing(pusher, 'traffic'), pulling(puller, 'app', 'v1', kept)];
  const volume = await volumePath(namespace, name);

  await leaveDead(owner);
  operators.proxy.arm();
  await collect('reference');
  expect(at(await ended('reference'), 'status')).toMatchObject({ phase: 'Succeeded', windows: 1 });
  const { length: total } = operators.proxy.writes;
  running.kill();
  expect(total).toBeGreaterThan(10);

  const outcomes: Record<string, number> = {};
  let [kills, slowest] = [0, 0];
  for (let point = 1; point <= 2 * total; point += stride) {
    const [write, when] = [Math.ceil(point / 2), point % 2 === 1 ? 'before' : 'after'] as const;
    const dead = await leaveDead(owner);
    const doomed = operators.start();
    const killed = new Promise<void>((resolve) => {
      const kill = (): void => {
        kills += 1;
        doomed.kill();
        resolve();
      };
      operators.proxy.arm({ at: write, when, kill });
    });
    const run = `run-${write}-${when}`;
    await collect(run);
    // A write less in this run leaves nothing to kill at.
    await Promise.race([killed, ended(run)]);
    doomed.kill();
    operators.proxy.arm();
    const begun = performance.now();
    running = operators.start();
    const over = await ended(run);
    slowest = Math.max(slowest, performance.now() - begun);
    running.kill();
    const phase = String(at(over, 'status.phase'));
    outcomes[phase] = (outcomes[phase] ?? 0) + 1;
    await owner.pull('app', 'v1', kept);
    const left = new Set(await blobsIn(volume));
    if (phase === 'Succeeded') expect([run, left.has(dead.manifest.digest)]).toEqual([run, false]);
  }
  const [pushed, pulled] = [await pushes.stop(), await pulls.stop()];
  for (const client of clients) client.close();
  console.info(
    `${total} writes of a run, ${kills} kills: ${JSON.stringify(outcomes)}; over within ${(slowest / 1000).toFixed(1)} s; ${pushed.operations} pushes, the slowest ${pushed.slowest.toFixed(0)} ms, ${pulled.operations} pulls`,
  );
  expect([...pushed.failures, ...pulled.failures]).toEqual([]);
  expect(kills).toBeGreaterThan(total / stride);
}, 900_000);
