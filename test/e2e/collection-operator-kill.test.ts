import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { startApiProxy, type ApiProxy } from '../support/api-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer, type Image } from '../support/image.ts';
import {
  apply,
  at,
  createNamespace,
  deleteNamespace,
  get,
  type KubeObject,
  kubectl,
  list,
} from '../support/kubernetes.ts';
import {
  operatorNamespace,
  scaleOperator,
  startOperator,
  type OperatorProcess,
} from '../support/operator-process.ts';
import { createRegistry } from '../support/registries.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { started } from '../support/started.ts';
import { pulling, pushing } from '../support/traffic.ts';
import { blobsIn, volumePath } from '../support/volumes.ts';

/** One in so many points, each before and after its write; `WHARFINGER_EVERY_POINT` asks for all of them. */
const stride = process.env['WHARFINGER_EVERY_POINT'] ? 1 : 6;
const namespace = 'e2e-collection-kill';
const name = 'store';
const kept: Image = image([randomLayer(20_000)]);
let proxy: ApiProxy;
let registryImage: string;
const operators: OperatorProcess[] = [];

beforeAll(async () => {
  await createNamespace(namespace);
  const [example] = await list('statefulsets', started().registry.namespace);
  registryImage = String(at(example, 'spec.template.spec.containers[0].image'));
  await scaleOperator(0);
  const token = (await kubectl(['create', 'token', 'wharfinger', '-n', operatorNamespace])).trim();
  const cluster = at(parse(readFileSync(started().kubeconfig, 'utf8')), 'clusters[0].cluster') as Readonly<
    Record<string, string>
  >;
  const ca = Buffer.from(cluster['certificate-authority-data'] ?? '', 'base64').toString();
  proxy = await startApiProxy(cluster['server'] ?? '', ca, token);
});
afterAll(async () => {
  for (const one of operators) one.kill();
  await proxy.close();
  await scaleOperator(2);
  await deleteNamespace(namespace);
});

function operator(): OperatorProcess {
  const fresh = startOperator(proxy.url, namespace, registryImage);
  operators.push(fresh);
  return fresh;
}

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
      const object = await get('gc', namespace, run);
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
  let running = operator();
  const access = await createRegistry({ namespace, name });
  const clients = [1, 2, 3].map(() => new RegistryClient(access));
  const [owner, pusher, puller] = clients as [RegistryClient, RegistryClient, RegistryClient];
  await owner.push('app', 'v1', kept);
  const [pushes, pulls] = [pushing(pusher, 'traffic'), pulling(puller, 'app', 'v1', kept)];
  const volume = await volumePath(namespace, name);

  await leaveDead(owner);
  proxy.arm();
  await collect('reference');
  expect(at(await ended('reference'), 'status')).toMatchObject({ phase: 'Succeeded', windows: 1 });
  const { length: total } = proxy.writes;
  running.kill();
  expect(total).toBeGreaterThan(10);

  const outcomes: Record<string, number> = {};
  let [kills, slowest] = [0, 0];
  for (let point = 1; point <= 2 * total; point += stride) {
    const [write, when] = [Math.ceil(point / 2), point % 2 === 1 ? 'before' : 'after'] as const;
    const dead = await leaveDead(owner);
    const doomed = operator();
    const killed = new Promise<void>((resolve) => {
      const kill = (): void => {
        kills += 1;
        doomed.kill();
        resolve();
      };
      proxy.arm({ at: write, when, kill });
    });
    const run = `run-${write}-${when}`;
    await collect(run);
    // A write less in this run leaves nothing to kill at.
    await Promise.race([killed, ended(run)]);
    doomed.kill();
    proxy.arm();
    const begun = performance.now();
    running = operator();
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
