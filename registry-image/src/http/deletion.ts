import { registryError } from '../registry/errors.ts';
import type { Services } from './context.ts';

/** Refuses a DELETE early: deletion is off by default. @throws RegistryError UNSUPPORTED, WritesRefusedError */
export function requireDeletion(services: Services): void {
  if (!services.config.storage.delete.enabled) {
    throw registryError(
      'UNSUPPORTED',
      undefined,
      'deletion is switched off; storage.delete.enabled switches it on',
    );
  }
  services.registry.refuseIfReadOnly();
}
