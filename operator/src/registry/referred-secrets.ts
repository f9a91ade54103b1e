import { objectNames } from '../resources/names.ts';
import type { ServedRegistry } from './kind.ts';

/** Names of the Secrets that a Registry's spec refers to; the spec may be without its defaults. */
export function referredSecrets({ spec, metadata }: Pick<ServedRegistry, 'spec' | 'metadata'>): string[] {
  const users = spec.auth?.htpasswd?.users ?? [];
  const names = [
    spec.tls?.secretName,
    spec.tls?.ca?.secretName,
    spec.tls?.certManager && objectNames(metadata.name).certManagerTls,
    spec.auth?.htpasswd?.secretName,
    ...users.map((user) => user.passwordSecretRef?.name),
    ...(spec.env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    spec.egress?.caBundle?.secretKeyRef?.name,
  ];
  return names.filter((name) => name !== undefined);
}
