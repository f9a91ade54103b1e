import type { Secret } from '../kube/builtin-kinds.ts';
import { ownedLabels, selectorLabels, userLabel } from '../resources/labels.ts';
import { objectNames } from '../resources/names.ts';
import { referredSecrets } from './referred-secrets.ts';
import type { StepContext } from './step.ts';
import { isRolledOut } from './workload-facts.ts';

/** The Secrets of a Registry that its spec no longer asks for, and that no pod mounts nor would when it is replaced. */
export function surplusSecrets(context: StepContext): Secret[] {
  const { registry, stores } = context;
  const { name, namespace } = registry.metadata;
  const names = objectNames(name);
  const referred = referredSecrets(registry);
  const users = registry.spec.auth?.htpasswd.users;
  const generated = (users ?? []).filter((user) => user.passwordSecretRef === undefined);
  const wanted = new Set([...generated.map((user) => names.user(user.name)), ...referred]);
  const passwords = stores.secrets
    .withLabels(namespace, { ...ownedLabels(name), [userLabel]: 'generated' })
    .filter((secret) => !wanted.has(secret.metadata.name));
  const issued = registry.spec.tls.selfSigned ?? registry.spec.tls.ca;
  const mounted = [
    ...(users === undefined ? [names.htpasswd] : []),
    ...(issued === undefined ? [names.tls] : []),
  ];
  const others = [
    ...mounted.filter((other) => !mayBeMounted(context, other)),
    ...(issued?.intermediate === undefined ? [names.intermediate] : []),
  ]
    .filter((other) => !referred.includes(other))
    .map((other) => stores.secrets.get({ namespace, name: other }))
    .filter((secret) => secret !== undefined);
  return [...passwords, ...others];
}

/** Whether a pod mounts the Secret, or would if it were replaced now: one that a rollout has not come to gets its former template. */
export function mayBeMounted({ registry, stores }: StepContext, secretName: string): boolean {
  const { name, namespace } = registry.metadata;
  const live = stores.statefulSets.get({ namespace, name: objectNames(name).statefulSet });
  if (live !== undefined && !isRolledOut(live)) return true;
  return [live?.spec?.template, ...stores.pods.withLabels(namespace, selectorLabels(name))]
    .flatMap((pod) => pod?.spec?.volumes ?? [])
    .some(({ secret }) => secret?.secretName === secretName);
}
