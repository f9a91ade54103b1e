import { binaryPath } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { type KillableOperators, replaceOperators } from '../support/killable-operators.ts';
import {
  apply,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  tryKubectl,
} from '../support/kubernetes.ts';
import { registryObject } from '../support/registries.ts';

const [home, one, two, outside] = ['e2e-scoped', 'e2e-scoped-one', 'e2e-scoped-two', 'e2e-scoped-outside'];
const namespaces = [home, one, two, outside];
const account = { namespace: home, name: 'scoped-wharfinger' };
const consent = `accept-from.wharfinger.dev/${one}`;
let operators: KillableOperators | undefined;

beforeAll(async () => {
  for (const namespace of namespaces) await createNamespace(namespace);
  for (const namespace of [two, outside]) await kubectl(['label', 'namespace', namespace, `${consent}=true`]);
  // What the chart grants an operator of two namespaces, and nothing else of it.
  const shown = ['rbac', 'service-account'].flatMap((name) => ['--show-only', `templates/${name}.yaml`]);
  const set = ['--set', `watchNamespaces={${one},${two}}`];
  const template = [
    binaryPath('helm'),
    'template',
    'scoped',
    'charts/wharfinger',
    '-n',
    home,
    ...set,
    ...shown,
  ];
  const manifests = await must(template);
  expect(manifests).not.toContain('kind: ClusterRole');
  await kubectl(['apply', '-f', '-'], manifests);
});
afterAll(async () => {
  await operators?.close();
  for (const namespace of namespaces) await deleteNamespace(namespace);
});

async function refused(...args: string[]): Promise<boolean> {
  const { status, stderr } = await tryKubectl([
    ...args,
    `--as=system:serviceaccount:${home}:${account.name}`,
  ]);
  return status !== 0 && /forbidden/i.test(stderr);
}

test('A15: an operator of some namespaces can read nothing of the others', async () => {
  expect(await refused('get', 'secrets', '-n', one)).toBe(false);
  expect(await refused('get', 'namespace', two)).toBe(false);
  for (const kind of ['secrets', 'configmaps', 'serviceaccounts', 'registries', 'pods']) {
    expect(await refused('get', kind, '-n', outside), kind).toBe(true);
    expect(await refused('get', kind, '-A'), kind).toBe(true);
  }
  expect(await refused('get', 'namespaces')).toBe(true);
  expect(await refused('get', 'namespace', outside)).toBe(true);
  expect(await refused('get', 'secrets', '-n', home)).toBe(true);
});

test('A15, A7: it does its work within them, and gives to those of them that consent', async () => {
  operators = await replaceOperators(`${one},${two}`, account);
  const operator = operators.start();
  const names = [one, two, outside];
  const pullSecrets = [{ name: 'pull', user: 'ci', namespaces: { names }, serviceAccounts: ['default'] }];
  const spec = { replicas: 0, pullSecrets };
  await apply(registryObject({ namespace: one, name: 'small', spec }));
  const exists = async (namespace: string): Promise<boolean> =>
    (await tryKubectl(['get', 'secret', 'pull', '-n', namespace])).status === 0;
  await eventually(
    'the Secret',
    async () => {
      if (await exists(two)) return true;
      throw new Error(operator.log);
    },
    { timeoutMs: 60_000 },
  );
  expect(await exists(one)).toBe(true);
  expect(await exists(outside)).toBe(false);
  const shared = condition(await get('registry', one, 'small'), 'Shared');
  expect(shared?.message).toContain(`no consent of namespace ${outside};`);
  await kubectl(['label', 'namespace', two, `${consent}-`]);
  await eventually('removal', async () => !(await exists(two)), { timeoutMs: 45_000 });
  await kubectl(['delete', 'registry', 'small', '-n', one]);
  await eventually('detachment', async () => {
    const text = JSON.stringify(await get('serviceaccount', one, 'default'));
    return !text.includes('pull');
  });
  expect(operator.running).toBe(true);
});
