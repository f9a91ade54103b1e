import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedOf } from '../faults/random.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  createNamespace,
  deleteNamespace,
  kubectl,
  list,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { type KillableOperators, replaceOperators } from '../support/killable-operators.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { clientOf, registryObject } from '../support/registries.ts';

const namespace = 'e2e-kill';
/** One in so many points, each before or after a write, another first one in each run; `WHARFINGER_EVERY_POINT` asks for all of them. */
const stride = process.env['WHARFINGER_EVERY_POINT'] ? 1 : 3;
const owned = [
  'statefulset',
  'service',
  'configmap',
  'secret',
  'pvc',
  'networkpolicy',
  'poddisruptionbudget',
];
let operators: KillableOperators;

beforeAll(async () => {
  await createNamespace(namespace);
  operators = await replaceOperators(namespace);
});
afterAll(async () => {
  await operators.close();
  await deleteNamespace(namespace);
});

/** What a Registry owns, without its name, so that two Registries can be compared. */
async function shape(name: string): Promise<string[]> {
  const objects = await Promise.all(
    owned.map((kind) => list(kind, namespace, `app.kubernetes.io/instance=${name}`)),
  );
  return objects
    .flat()
    .map((object) => `${String(object['kind'])}/${object.metadata.name.replace(name, 'NAME')}`)
    .sort();
}

/** Keys and passwords that exist at this moment; none of them may ever change. */
async function keys(name: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const secret of [`${name}-ca`, `${name}-user-ci`, `${name}-http`]) {
    const result = await tryKubectl(['get', 'secret', secret, '-n', namespace, '-o', 'jsonpath={.data}']);
    if (result.status === 0) found[secret] = result.stdout;
  }
  return found;
}

function object(name: string): object {
  return registryObject({ namespace, name, spec: { tls: { selfSigned: { keySize: 2048 } } } });
}

async function ready(name: string, running: OperatorProcess): Promise<void> {
  await waitForCondition({ kind: 'registry', namespace, name }, 'Ready').catch((error: unknown) => {
    throw new Error(`${String(error)}\noperator: ${running.log}`);
  });
}

test('the operator is killed before and after writes of a reconcile: the end is the same, no key ever changes', async () => {
  operators.proxy.arm();
  let running = operators.start();
  await apply(object('reference'));
  await ready('reference', running);
  await sleep(3000);
  const { length: total } = operators.proxy.writes;
  const reference = await shape('reference');
  running.kill();
  await kubectl(['delete', 'registry', 'reference', '-n', namespace, '--wait=false']);
  console.info(`${total} writes to a Ready registry`);
  expect(total).toBeGreaterThan(10);
  expect(reference.length).toBeGreaterThan(8);

  let [kills, played] = [0, 0];
  const first = 1 + (seedOf(Date.now() % 2 ** 32) % stride);
  for (let point = first; point <= 2 * total; point += stride) {
    const [at, when] = [Math.ceil(point / 2), point % 2 === 1 ? 'before' : 'after'] as const;
    played += 1;
    const name = `k${at}${when[0] ?? ''}`;
    const doomed = operators.start();
    const killed = new Promise<void>((resolve) => {
      operators.proxy.arm({
        at,
        when,
        kill: () => {
          kills += 1;
          doomed.kill();
          resolve();
        },
      });
    });
    await apply(object(name));
    // A write less in this run (a condition that needed no step of its own) leaves nothing to kill at.
    await Promise.race([killed, ready(name, doomed).then(() => sleep(3000))]);
    doomed.kill();
    const before = await keys(name);
    running = operators.start();
    await ready(name, running);
    expect(await keys(name), name).toMatchObject(before);
    expect(await shape(name), name).toEqual(reference);
    const client = await clientOf(namespace, name);
    await client.push('app', 'v1', image([randomLayer()]));
    client.close();
    running.kill();
    await kubectl(['delete', 'registry', name, '-n', namespace, '--wait=false']);
  }
  console.info(`${kills} kills, from point ${first} of ${2 * total} on`);
  // Statuses are written together now and then, so the last writes of the reference may not come in every run.
  expect(kills).toBeGreaterThanOrEqual(played - Math.ceil(4 / stride));
}, 1_500_000);
