import type { Registry } from '../api/registry.ts';
import type { StatefulSet } from '../kube/builtin-kinds.ts';
import { objectNames } from './names.ts';

/** Name of the volume with the serving certificate. */
export const tlsVolume = 'tls';

/** The Secret whose certificate the pods should serve; undefined when TLS is disabled. */
export function servingSecretName({ metadata, spec }: Registry): string | undefined {
  const { disabled, secretName, certManager } = spec.tls;
  if (disabled) return undefined;
  const names = objectNames(metadata.name);
  return secretName ?? (certManager ? names.certManagerTls : names.tls);
}

/** The Secret whose certificate the pods of this StatefulSet serve; undefined when they serve none. */
export function servedSecretName(statefulSet: StatefulSet | undefined): string | undefined {
  const volumes = statefulSet?.spec?.template.spec?.volumes ?? [];
  return volumes.find(({ name }) => name === tlsVolume)?.secret?.secretName;
}
