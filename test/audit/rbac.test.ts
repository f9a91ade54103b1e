import { connectCluster } from '@wharfinger/embedded';
import { expect, test } from 'vitest';
import { auditOf, isForbidden, permissionsIn, permissionsOf, type Rule } from '../support/audit.ts';
import { at, list } from '../support/kubernetes.ts';

const namespace = 'wharfinger-system';
const namespaces = [namespace, 'wharfinger-system-nodes'];
const account = 'wharfinger';

interface Binding {
  readonly subjects?: { kind: string; name: string; namespace?: string }[];
  readonly roleRef: { kind: string; name: string };
}

async function granted(): Promise<Rule[]> {
  const rules: Rule[] = [];
  for (const [bindings, roles, within] of [
    ['clusterrolebindings', 'clusterroles', namespace],
    ...namespaces.map((one) => ['rolebindings', 'roles', one] as const),
  ] as const) {
    const bound = ((await list(bindings, within)) as unknown as Binding[]).filter(({ subjects = [] }) =>
      subjects.some(({ kind, name }) => kind === 'ServiceAccount' && name === account),
    );
    const names = new Set(bound.map(({ roleRef }) => roleRef.name));
    for (const role of await list(roles, within)) {
      if (names.has(role.metadata.name)) rules.push(...(at(role, 'rules') as Rule[]));
    }
  }
  return rules;
}

test('A15: the operator’s RBAC is exactly what it asked of the API server in all tests, and nothing was refused', async () => {
  const { auditLog } = await connectCluster();
  const used = new Set<string>();
  const refused = new Set<string>();
  const user = `system:serviceaccount:${namespace}:${account}`;
  for await (const event of auditOf(auditLog, user, process.env['WHARFINGER_TEST_BEGAN'])) {
    const permissions = permissionsOf(event);
    for (const permission of permissions) used.add(permission);
    if (isForbidden(event)) refused.add(`${permissions.join()} ${event.requestURI}`);
  }
  const rules = await granted();
  expect([...refused]).toEqual([]);
  expect(permissionsIn(rules).filter((permission) => permission.includes('*'))).toEqual([]);
  expect(permissionsIn(rules).filter((permission) => permission.startsWith('/pods/exec'))).toEqual([]);
  const given = new Set(permissionsIn(rules));
  expect([...given.difference(used)].join(', '), 'granted, and never asked for').toBe('');
  expect([...used.difference(given)].join(', '), 'asked for, and not granted').toBe('');
});
