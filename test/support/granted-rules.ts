import type { Rule } from './audit.ts';
import { at, list } from './kubernetes.ts';

const namespace = 'wharfinger-system';
const namespaces = [namespace, 'wharfinger-system-nodes'];
const account = 'wharfinger';

/** The operator as the API server knows it. */
export const operatorUser = `system:serviceaccount:${namespace}:${account}`;

interface Binding {
  readonly subjects?: { kind: string; name: string; namespace?: string }[];
  readonly roleRef: { kind: string; name: string };
}

/** Every rule of the roles that are bound to the operator. */
export async function grantedRules(): Promise<Rule[]> {
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
