/** Where the operator runs. */
export const operatorNamespace = 'wharfinger-system';

/** A Namespace whose pods must meet the restricted Pod Security Standard. */
export function restrictedNamespace(name: string): Record<string, unknown> {
  const standard = 'restricted';
  const labels = Object.fromEntries(
    ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, standard]),
  );
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}
