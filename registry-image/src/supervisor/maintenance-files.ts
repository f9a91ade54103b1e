import type { ZodType } from 'zod';
import { CollectionMaintenance, maintenanceHash, RegistryMaintenance } from '../config/maintenance.ts';

export interface Observed<T> {
  readonly value: T;
  /** `maintenanceHash` of the text that `value` comes from; '' before any text could be read. */
  readonly hash: string;
}

export interface MaintenanceFile<T> {
  readonly observed: Observed<T>;
  /**
   * Takes up a text (null: no file). Returns what is wrong with it, once for each wrong text, else ''; what held before
   * goes on to hold then.
   */
  take(text: string | null): string;
}

/** `registry.json`. */
export function registryMaintenanceFile(): MaintenanceFile<RegistryMaintenance> {
  return maintenanceFile('registry.json', RegistryMaintenance, { readOnly: false });
}

/** `collection.json`; null when there is no file. */
export function collectionMaintenanceFile(): MaintenanceFile<CollectionMaintenance | null> {
  return maintenanceFile<CollectionMaintenance | null>('collection.json', CollectionMaintenance, null);
}

function maintenanceFile<T>(name: string, schema: ZodType<T>, absent: T): MaintenanceFile<T> {
  let observed: Observed<T> = { value: absent, hash: '' };
  let seen: string | null | undefined;

  function parse(text: string): T | string {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return `${name}: not valid JSON`;
    }
    const result = schema.safeParse(json);
    if (result.success) return result.data;
    return result.error.issues
      .map((issue) => `${[name, ...issue.path].join('.')}: ${issue.message}`)
      .join('; ');
  }

  return {
    get observed() {
      return observed;
    },
    take(text) {
      if (text === seen) return '';
      seen = text;
      const value = text === null ? absent : parse(text);
      if (typeof value === 'string') return value;
      observed = { value, hash: maintenanceHash(text ?? '') };
      return '';
    },
  };
}
